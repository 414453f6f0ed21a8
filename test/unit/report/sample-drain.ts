import type { DrainMove, DrainReport } from "../../../src/report/drain.js";

/** A host of eighteen VMs that is emptied two at a time, and how long three platforms take: made up. */
export function sampleDrain(): DrainReport {
  const moves: DrainMove[] = [];
  const free = [0, 0];
  for (let i = 0; i < 18; i++) {
    const lane = (free[0] ?? 0) <= (free[1] ?? 0) ? 0 : 1;
    const startMs = free[lane] ?? 0;
    const endMs = startMs + 9000 + ((i * 7919) % 23) * 700;
    free[lane] = endMs + 400;
    moves.push({
      vm: i === 7 ? "database-primary-07" : `web-${i}`,
      from: "h3",
      to: `h${4 + (i % 5)}`,
      startMs,
      endMs,
      downtimeMs: 30 + ((i * 31) % 90) * (i === 7 ? 40 : 2),
      outcome: i === 12 ? "not-converged" : "completed",
      reason: i === 12 ? "dirties 1.2 GiB/s, more than the link carries" : "",
    });
  }
  const spread = (middle: number, width: number) =>
    Array.from({ length: 200 }, (_, i) => {
      const share = (((i * 73) % 200) + 0.5) / 200;
      return middle + width * (share - 0.5) + (width / 3) * share ** 8;
    });
  return {
    subject: "h3",
    deadlineMs: 300_000,
    moves,
    emptied: [
      { name: "godwit's plan", valuesMs: spread(178_000, 40_000) },
      { name: "KubeVirt's defaults", valuesMs: spread(236_000, 80_000) },
      { name: "Nova's defaults", valuesMs: [...spread(322_000, 60_000), Number.POSITIVE_INFINITY] },
    ],
    left: [],
  };
}
