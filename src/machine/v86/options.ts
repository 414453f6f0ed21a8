import { InvalidOptionError } from "../../errors.js";
import type { Bytes } from "../../units.js";
import type { V86Library } from "./emulator.js";
import type { LinuxGuest } from "./linux-guest.js";
import { checkMultiboot } from "./multiboot.js";

/** What a PC boots from, without firmware: an image with a multiboot header, or a Linux kernel. */
export type V86Guest = MultibootGuest | { readonly linux: LinuxGuest };

/** An image that v86 loads and starts as the multiboot specification says. */
export interface MultibootGuest {
  readonly multiboot: Uint8Array;
  readonly commandLine?: string;
}

/** A PC's network card, by what its driver calls it. */
export type V86Network = "ne2k" | "virtio";

/** How a PC is made. */
export interface V86Options {
  /** Whole MiB, 2 MiB to 2047 MiB. */
  readonly memoryBytes: Bytes;
  /** The screen's memory, which moves with the state; a power of two, 256 KiB (text and VGA) to 64 MiB. Default 256 KiB. */
  readonly vgaMemoryBytes?: Bytes;
  /** What it boots. Default: nothing, it waits for pages and a state. */
  readonly guest?: V86Guest;
  /** Default null: no card. */
  readonly network?: V86Network | null;
  /** The bytes of `v86.wasm`, or its address. Default: the file beside the library, which only Node finds. */
  readonly wasm?: Uint8Array | URL | string;
  /** The module `v86`, already imported. Default: it is imported by its name. */
  readonly library?: V86Library;
  /**
   * How writes are found: by the patched page walk, or by comparing digests of all pages. Default "exact",
   * and "compare" where this v86 cannot be patched.
   */
  readonly log?: "exact" | "compare";
  /**
   * How it waits for absent pages: its thread blocks, or the guest is suspended (JSPI, where the engine has
   * it; not with a virtio card). Needs the exact log. Default "blocking".
   */
  readonly demand?: "blocking" | "suspending" | null;
  /** What v86 calls `screen`: `{ container }` draws into a page. Default: nothing is drawn. */
  readonly screen?: Record<string, unknown>;
  /** Lets the engine compile v86 beforehand, so that a moved guest's first slice is no slower than the next. Takes half a second and more, once a process. Default false. */
  readonly warm?: boolean;
}

/** Options with nothing left open. */
export interface ResolvedV86Options {
  readonly memoryBytes: Bytes;
  readonly vgaMemoryBytes: Bytes;
  readonly guest: V86Guest | null;
  readonly network: V86Network | null;
  readonly log: "exact" | "compare";
  readonly demand: "blocking" | "suspending" | null;
}

const MIB = 2 ** 20;
const LEAST_MEMORY: Bytes = 2 * MIB;
/** v86's addresses of memory are signed. */
const MOST_MEMORY: Bytes = 2047 * MIB;
const LEAST_VGA: Bytes = 256 << 10;
const MOST_VGA: Bytes = 64 * MIB;

/** @throws InvalidOptionError when one is out of range, or two contradict each other. */
export function resolveV86Options(options: V86Options): ResolvedV86Options {
  const { memoryBytes, vgaMemoryBytes = LEAST_VGA, log = "exact", demand = "blocking" } = options;
  const isSize = memoryBytes >= LEAST_MEMORY && memoryBytes <= MOST_MEMORY;
  if (!isSize || memoryBytes % MIB !== 0) {
    throw new InvalidOptionError("memoryBytes", memoryBytes, "whole MiB from 2 to 2047");
  }
  const isVga = vgaMemoryBytes >= LEAST_VGA && vgaMemoryBytes <= MOST_VGA;
  if (!isVga || !Number.isInteger(Math.log2(vgaMemoryBytes))) {
    throw new InvalidOptionError(
      "vgaMemoryBytes",
      vgaMemoryBytes,
      "a power of two, 256 KiB to 64 MiB",
    );
  }
  if (options.guest && "multiboot" in options.guest) checkMultiboot(options.guest.multiboot);
  const network = oneOf("network", options.network ?? null, ["ne2k", "virtio", null]);
  oneOf("log", log, ["exact", "compare"]);
  oneOf("demand", demand, ["blocking", "suspending", null]);
  if (demand === "suspending" && !("Suspending" in WebAssembly)) {
    throw new InvalidOptionError("demand", demand, '"blocking": this engine has no JSPI');
  }
  return {
    memoryBytes,
    vgaMemoryBytes,
    guest: options.guest ?? null,
    network,
    log,
    demand: canWait(log, demand, network) ? demand : null,
  };
}

/**
 * What is compared cannot be waited for; and a virtio card reads the guest's queues from JavaScript, through
 * which nothing can be suspended.
 */
function canWait(
  log: "exact" | "compare",
  demand: "blocking" | "suspending" | null,
  network: V86Network | null,
): boolean {
  return log === "exact" && !(demand === "suspending" && network === "virtio");
}

function oneOf<Value extends string | null>(
  name: string,
  value: Value,
  allowed: readonly Value[],
): Value {
  if (allowed.includes(value)) return value;
  throw new InvalidOptionError(name, value, allowed.map((one) => JSON.stringify(one)).join(" or "));
}
