import type { StrategyName } from "../migration/report.js";
import { type Field, STRATEGIES } from "./field.js";

/** What is done at all. */
export const MOVE_FIELDS: Readonly<Record<"strategy" | "policy" | "seed", Field>> = {
  strategy: {
    group: "What moves",
    kind: "choice",
    argument: "NAME",
    choices: STRATEGIES,
    example: "post-copy",
    text: "how the guest moves",
    fallback: "pre-copy",
  },
  policy: {
    group: "What moves",
    kind: "choice",
    argument: "NAME",
    example: "qemu-7.2",
    choices: ["godwit", "clark", "qemu-7.2", "xen", "cloud-hypervisor"],
    text: "whose rules decide when pushing ends",
    fallback: "godwit",
  },
  seed: {
    group: "What moves",
    kind: "count",
    argument: "N",
    range: [0, 2 ** 32 - 1],
    example: "42",
    text: "seed of every random choice; the same seed gives the same report",
    fallback: "1",
  },
};

// Pre-copy uses these only when it may switch; the contradictions see to that.
const PULLING: readonly StrategyName[] = ["pre-copy", "post-copy", "hybrid"];

/** Post-copy, and what migrating costs. */
export const OTHER_FIELDS: Readonly<
  Record<"prepaging" | "pivots" | "cpuPerGib" | "contention" | "guestCores" | "sla", Field>
> = {
  prepaging: {
    group: "Post-copy",
    kind: "choice",
    argument: "ORDER",
    choices: ["bubble", "forward", "none"],
    example: "forward",
    text: "order of the active push: outward from the last faults, onward from the last, or by address (default: bubble; forward under QEMU's policy)",
    strategies: PULLING,
  },
  // Ours; the bubbles around several pivots are those of Hines & Gopalan 2009.
  pivots: {
    group: "Post-copy",
    kind: "count",
    argument: "N",
    range: [1, 1024],
    example: "7",
    text: "how many of the last faults keep a bubble growing",
    fallback: "7",
    strategies: PULLING,
  },
  // Measured: a transfer over TCP in Node takes a quarter of a CPU second per GiB at each end.
  cpuPerGib: {
    group: "Costs",
    kind: "number",
    argument: "SECONDS",
    range: [0, 1000],
    example: "0.25",
    text: "CPU seconds that migrating one GiB takes at each host",
    fallback: "0.25",
  },
  contention: {
    group: "Costs",
    kind: "share",
    argument: "SHARE",
    example: "50%",
    text: "part of that CPU which is taken from the guest",
    fallback: "0%",
  },
  guestCores: {
    group: "Costs",
    kind: "count",
    argument: "N",
    range: [1, 4096],
    example: "4",
    text: "the guest's CPUs, which the stolen time is spread over",
    fallback: "1",
  },
  sla: {
    group: "Costs",
    kind: "text",
    argument: "SPEC",
    example: "downtime=0.5/s,degraded=0.01/s,free=100ms",
    text: "what a second of downtime and of lost guest time cost, downtime=PRICE/s,degraded=PRICE/s[,free=0s]",
  },
};
