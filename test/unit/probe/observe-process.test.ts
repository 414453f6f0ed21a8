import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { checkObservation } from "../../../src/observe/check-observation.js";
import type { Observation } from "../../../src/observe/observation.js";
import { observeProcess, type ProcessOptions } from "../../../src/probe/observe-process.js";
import { type Dirtying, type DirtyingProcess, startDirtying } from "./dirtying-process.js";

const MIB = 2 ** 20;
const started: DirtyingProcess[] = [];
afterEach(() => {
  for (const one of started.splice(0)) one.close();
});

async function start(what: Dirtying): Promise<DirtyingProcess> {
  const dirtying = await startDirtying(what);
  started.push(dirtying);
  return dirtying;
}

/** Observes, and says how many writes the process did meanwhile. */
async function observe(
  what: Dirtying,
  options: ProcessOptions,
): Promise<{ observation: Observation; writesPerMs: number }> {
  const dirtying = await start(what);
  const [before, beganMs] = [await dirtying.writes(), performance.now()];
  const observation = await observeProcess(dirtying.pid, options);
  const [after, endedMs] = [await dirtying.writes(), performance.now()];
  return { observation, writesPerMs: (after - before) / (endedMs - beganMs) };
}

describe.skipIf(process.platform !== "linux")("a process that writes uniformly", () => {
  test.each([
    ["whole", { mib: 16, setPages: 1500, writesPerSecond: 4000 }, { tickBytes: 24 * MIB }],
    ["from samples", { mib: 64, setPages: 6000, writesPerSecond: 8000 }, { tickBytes: 4 * MIB }],
  ])(
    "is observed %s: D(t) = N (1 - exp(-rt / N))",
    // A host that stalls for long within the three seconds is no fault of what is measured.
    { timeout: 60_000, retry: 2 },
    async (kind, what, options) => {
      const { observation, writesPerMs } = await observe(what, { ...options, forMs: 3000 });
      const { curve, contents, cost, source } = observation;
      expect(checkObservation(JSON.parse(JSON.stringify(observation)), "file")).toEqual(
        observation,
      );
      expect(source).toBe("process");
      expect(curve.length).toBeGreaterThan(5);
      for (const { horizonMs, pages, pagesError = 0, windows } of curve) {
        const law = what.setPages * (1 - Math.exp((-writesPerMs * horizonMs) / what.setPages));
        // What the busy host delays, the process writes later in a burst; long windows even that out.
        const chance = 4 * Math.sqrt(law) + 4 * pagesError + 0.15 * law;
        expect(Math.abs(pages - law), `${kind}: D(${horizonMs}), ${windows} windows`).toBeLessThan(
          chance,
        );
      }
      expect(curve.some(({ pagesError }) => (pagesError ?? 0) > 0)).toBe(kind === "from samples");
      expect(contents.totalPages).toBeGreaterThanOrEqual(what.mib * 256);
      // What the allocator adds to the array is a few pages.
      expect(Math.abs(contents.nonzeroPages - what.mib * 128)).toBeLessThan(100);
      const parts = contents.nonzeroByPart ?? [];
      const inParts = parts.reduce((sum, count) => sum + count, 0);
      expect(Math.abs(inParts - contents.nonzeroPages)).toBeLessThan(100);
      expect(contents.repeatedPages).toBeLessThan(20);
      expect(contents.compressedShare).toBeGreaterThan(0.03);
      expect(contents.compressedShare).toBeLessThan(0.3);
      const deltas = curve.map(({ deltaBytes }) => deltaBytes).filter((one) => one !== null);
      expect(deltas.length).toBeGreaterThan(3);
      // One byte changes: two lengths of two bytes at most, and the byte.
      expect(Math.min(...deltas)).toBeGreaterThanOrEqual(3);
      expect(Math.min(...deltas)).toBeLessThan(12);
      expect(cost?.bytesRead).toBeGreaterThan(what.mib * MIB * 0.5);
      expect(cost?.guestPausedMs).toBe(0);
    },
  );

  test("one that ends meanwhile is said to have ended", async () => {
    const dirtying = await start({ mib: 16, setPages: 100, writesPerSecond: 100 });
    const observation = observeProcess(dirtying.pid, {
      onProgress: ({ phase, share }) => {
        if (phase === "changes" && share > 0.02) dirtying.close();
      },
    });
    await expect(observation).rejects.toMatchObject({
      tag: "PeerFailedError",
      message: `process ${dirtying.pid}: it ended while it was observed`,
    });
  });

  test("the signal ends it", async () => {
    const dirtying = await start({ mib: 4, setPages: 100, writesPerSecond: 100 });
    const abort = new AbortController();
    const observation = observeProcess(dirtying.pid, {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(observation).rejects.toMatchObject({ tag: "AbortedError" });
  });

  test("a process that is not there, and what cannot be meant", async () => {
    const gone = spawn(process.execPath, ["-e", ""]);
    await once(gone, "exit");
    const tag = "InvalidOptionError";
    await expect(observeProcess(gone.pid ?? 0)).rejects.toMatchObject({ tag, option: "pid" });
    await expect(observeProcess(-1)).rejects.toMatchObject({ tag, option: "pid" });
    await expect(observeProcess(process.pid, { forMs: 1 })).rejects.toMatchObject({ tag });
    await expect(observeProcess(process.pid, { region: "1-2" })).rejects.toMatchObject({ tag });
    await expect(observeProcess(process.pid, { tickBytes: 1 })).rejects.toMatchObject({ tag });
  });
});
