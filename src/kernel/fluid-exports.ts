import type { Pointer } from "./pointer.js";

/** Memory as a fluid: D(t), and pre-copy's recurrence over it. */
export interface FluidExports {
  /**
   * D(t): the mean number of distinct pages dirtied within `ns` of guest time, 0 or more. A curve is doubles: the number of
   * terms, then the terms, whose first double is their kind. 0, a set: pages, writes to a page per ns. 1, a cycle:
   * pages, pages per ns. 2, points: most pages, slope at the end in pages per ns, the ns in which it falls to 1/e (0: it stays), how many points
   * (1 or more), then each point's ns and pages, ascending.
   */
  fluidDirtyPages(curve: Pointer, ns: number): number;
  /**
   * Runs the rounds of `count` migrations at a constant rate. A job is 20 doubles, of which 17 are read:
   *
   * | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 |
   * |---|---|---|---|---|---|---|---|
   * | curve (pointer) | pages of the first round | their bytes | rate of the rounds, bytes/s | rate of the final copy and of QEMU's bursts | latency of a transfer, ns | bytes of a page on the wire | bytes of a page as the rule counts them |
   *
   * | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16 |
   * |---|---|---|---|---|---|---|---|---|
   * | rule | downtime limit, ns (0: none) | fewer dirty pages than this stop | most rounds | most bytes | patience, ns | guest time per time | ns of downtime beside the copy | pages that may be written |
   *
   * Rules: 0, the expected downtime at the round's rate is within the limit; 1, SimGrid's, dirty bytes (whole) at most the
   * bytes that go within the limit (whole); 2, QEMU's, over windows of 100 ms. Pages are whole: rounded, with rule 1 cut off.
   * Rounds that have come to repeat themselves are counted, not run.
   *
   * A result is 10 doubles, of which nine are written: rounds of push, their ns, ns of downtime, bytes of all pages, pages of the
   * final copy, why it stopped (0: the rule or the threshold is met, 1: rounds, 2: bytes, 3: patience), ns of the last round,
   * bytes of it, whether rounds repeated themselves.
   */
  fluidRounds(jobs: Pointer, results: Pointer, count: number): void;
}
