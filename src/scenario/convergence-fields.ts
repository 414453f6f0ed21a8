import type { StrategyName } from "../migration/report.js";
import type { Field } from "./field.js";

const PUSHING: readonly StrategyName[] = ["pre-copy", "hybrid"];

/** When pushing ends, and what helps it to. */
export const CONVERGENCE_FIELDS: Readonly<
  Record<
    | "maxBandwidth"
    | "downtimeLimit"
    | "maxRounds"
    | "maxBytes"
    | "dirtyThreshold"
    | "giveUpAfter"
    | "onNotConverged"
    | "xbzrle"
    | "xbzrleCache"
    | "autoConverge"
    | "throttleInitial"
    | "throttleIncrement"
    | "throttleMax"
    | "throttleTrigger"
    | "order"
    | "skipDirty",
    Field
  >
> = {
  maxBandwidth: {
    group: "Convergence",
    kind: "rate",
    argument: "RATE",
    example: "1Gbit/s",
    text: "cap on the rate of pages while the guest runs",
  },
  downtimeLimit: {
    group: "Convergence",
    kind: "time",
    argument: "TIME",
    example: "300ms",
    // An aim that every strategy can be given: what pushes tries to meet it, what does not is measured by it.
    text: "stop pushing when the expected downtime is within it",
  },
  maxRounds: {
    group: "Convergence",
    kind: "count",
    argument: "N",
    range: [1, 10_000],
    example: "30",
    text: "stop pushing after so many rounds; the full copy is the first",
    strategies: PUSHING,
  },
  maxBytes: {
    group: "Convergence",
    kind: "size",
    argument: "SIZE",
    example: "3GiB",
    text: "stop pushing after so many bytes of pages",
    strategies: PUSHING,
  },
  dirtyThreshold: {
    group: "Convergence",
    kind: "count",
    argument: "PAGES",
    range: [0, 2 ** 32],
    example: "50",
    text: "stop pushing when fewer than so many pages are dirty",
    strategies: PUSHING,
  },
  giveUpAfter: {
    group: "Convergence",
    kind: "time",
    argument: "TIME",
    example: "60s",
    text: "time that pushing may take before it counts as not converging",
    strategies: PUSHING,
  },
  onNotConverged: {
    group: "Convergence",
    kind: "choice",
    argument: "ACTION",
    choices: ["abort", "stop", "post-copy"],
    example: "post-copy",
    text: "then, or after the most rounds or bytes: go on at the source, stop and copy anyway, or switch to post-copy",
    strategies: ["pre-copy"],
  },
  xbzrle: {
    group: "Convergence",
    kind: "switch",
    argument: "",
    example: "true",
    text: "send pages that were sent before as deltas (XBZRLE)",
    strategies: PUSHING,
  },
  // QEMU's default, xbzrle-cache-size.
  xbzrleCache: {
    group: "Convergence",
    kind: "size",
    argument: "SIZE",
    example: "64MiB",
    text: "cache of sent pages that deltas are made against, a power of two",
    fallback: "64MiB",
    strategies: PUSHING,
  },
  autoConverge: {
    group: "Convergence",
    kind: "switch",
    argument: "",
    example: "true",
    text: "slow the guest's CPUs down until pushing converges",
    strategies: PUSHING,
  },
  // QEMU's defaults: cpu-throttle-initial, -increment, max-cpu-throttle, throttle-trigger-threshold.
  throttleInitial: {
    group: "Convergence",
    kind: "share",
    argument: "SHARE",
    example: "20%",
    text: "first throttle of auto-converge",
    fallback: "20%",
    strategies: PUSHING,
  },
  throttleIncrement: {
    group: "Convergence",
    kind: "share",
    argument: "SHARE",
    example: "10%",
    text: "added at each further step",
    fallback: "10%",
    strategies: PUSHING,
  },
  throttleMax: {
    group: "Convergence",
    kind: "share",
    argument: "SHARE",
    example: "99%",
    text: "never more than this",
    fallback: "99%",
    strategies: PUSHING,
  },
  throttleTrigger: {
    group: "Convergence",
    kind: "share",
    argument: "SHARE",
    example: "50%",
    text: "new dirty bytes, as a share of the bytes sent, that call for a step",
    fallback: "50%",
    strategies: PUSHING,
  },
  order: {
    group: "Convergence",
    kind: "choice",
    argument: "ORDER",
    choices: ["address", "cold-first"],
    example: "cold-first",
    text: "order of the pages in a round",
    fallback: "address",
    strategies: PUSHING,
  },
  skipDirty: {
    group: "Convergence",
    kind: "switch",
    argument: "",
    example: "true",
    text: "leave pages written again before their turn to the next round",
    strategies: PUSHING,
  },
};
