/** How a machine can run here before all of its pages are there. */
export type Demand = "blocking" | "suspending" | null;

/** What this browser lets the page do. */
export interface Abilities {
  /** WebAssembly's 128-bit SIMD, without which v86 does not run. */
  readonly hasSimd: boolean;
  readonly demand: Demand;
}

/** The smallest module with an instruction of SIMD: a function that makes a vector and drops it. */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0],
  ...[10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11],
);

/**
 * Finds out what this browser can.
 *
 * @param wish - `demand=...` of the page's address, to try a way that would not be chosen here.
 */
export function findAbilities(wish: string | null): Abilities {
  const ways: Demand[] = [];
  if (crossOriginIsolated && typeof SharedArrayBuffer === "function") ways.push("blocking");
  if ("Suspending" in WebAssembly) ways.push("suspending");
  const wished = ways.find((way) => way === wish);
  const demand = wish === "none" ? null : (wished ?? ways[0] ?? null);
  return { hasSimd: WebAssembly.validate(SIMD_MODULE), demand };
}

const DEMAND_WORDS: Readonly<Record<"blocking" | "suspending" | "none", string>> = {
  blocking:
    "This page shares memory with its machine (cross-origin isolated), so all four strategies work: a machine waits for absent pages where it stands.",
  suspending:
    "This page is not cross-origin isolated, so its machine cannot wait for absent pages in shared memory; WebAssembly suspends it instead (JSPI). All four strategies work.",
  none: "This page is not cross-origin isolated and this browser cannot suspend WebAssembly (JSPI), so a machine can only come here whole: pre-copy and cold work, post-copy and hybrid do not.",
};

/** What the abilities mean for moving machines. */
export function abilityWords({ demand }: Abilities): string {
  return DEMAND_WORDS[demand ?? "none"];
}
