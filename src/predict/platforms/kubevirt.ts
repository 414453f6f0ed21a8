import type { Bytes, Milliseconds, Share } from "../../units.js";
import type { Steering, TimedOrder } from "../steering.js";
import { type Platform, plainSettings, QEMU_DOWNTIME_LIMIT_MS } from "./platform.js";
import { DEFAULT_STALL_DETECTOR, detectStalls } from "./stall-detector.js";

const SOURCE =
  "kubevirt/kubevirt of 2026-08-22, pkg/virt-config/virt-config.go and pkg/virt-launcher/virtwrap/live-migration-source.go";

/** `completionTimeoutPerGiB`; the code counts units of 10^9 bytes, rounded up (ScaledValue(Giga)). */
const COMPLETION_TIMEOUT_PER_GB_S = 150;
/** `monitorSleepPeriodMS`. */
const LOOK_MS: Milliseconds = 400;
/** `maxDowntimeMs`, which only the stall detector and the downtime ladder read. */
const MAX_DOWNTIME_MS: Milliseconds = 900;

/** When the completion timeout has been exceeded, and seen to be: whole seconds must be more than it. */
function timeoutMs(memory: Bytes, phase: Share, times = 1): Milliseconds {
  const seconds = COMPLETION_TIMEOUT_PER_GB_S * Math.ceil(memory / 1e9) * times;
  return (seconds + 1) * 1000 + LOOK_MS * phase;
}

function abortAt(atMs: Milliseconds): TimedOrder {
  const seconds = Math.floor(atMs / 1000) - 1;
  return {
    atMs,
    order: { kind: "abort", because: `KubeVirt's completion timeout of ${seconds} s is over` },
  };
}

/** As it comes: QEMU's own limit, no cap, and an abort after 150 s per GB of memory. `progressTimeout` never strikes while pages move. */
export const kubevirt: Platform<"kubevirt"> = {
  name: "kubevirt",
  does: "aborts after 150 s per GB",
  source: `${SOURCE}: completionTimeoutPerGiB`,
  settings: (settings) => plainSettings(settings, QEMU_DOWNTIME_LIMIT_MS),
  steering: (memory, phase) => ({ orders: [abortAt(timeoutMs(memory, phase))] }),
};

/** With `allowPostCopy`, which implies `allowWorkloadDisruption`: post-copy at the timeout. */
export const kubevirtPostCopy: Platform<"kubevirt-post-copy"> = {
  name: "kubevirt-post-copy",
  does: "switches to post-copy after 150 s per GB",
  source: `${SOURCE}: allowPostCopy`,
  settings: (settings) => plainSettings(settings, QEMU_DOWNTIME_LIMIT_MS),
  steering: (memory, phase) => ({
    orders: [{ atMs: timeoutMs(memory, phase), order: { kind: "post-copy" } }],
  }),
};

/** With `allowWorkloadDisruption` alone: the guest is paused at the timeout, and all is aborted at twice that. */
export const kubevirtPause: Platform<"kubevirt-pause"> = {
  name: "kubevirt-pause",
  does: "pauses the guest after 150 s per GB, aborts after twice that",
  source: `${SOURCE}: allowWorkloadDisruption`,
  settings: (settings) => plainSettings(settings, QEMU_DOWNTIME_LIMIT_MS),
  steering: (memory, phase) => ({
    orders: [
      { atMs: timeoutMs(memory, phase), order: { kind: "pause" } },
      abortAt(timeoutMs(memory, phase, 2)),
    ],
  }),
};

/** With the feature gate `MigrationStallDetection` (VEP 248). */
export const kubevirtStallDetector: Platform<"kubevirt-stall-detector"> = {
  name: "kubevirt-stall-detector",
  does: "looks for stalls of 40 s, then tries 900 ms or gives up; aborts after 150 s per GB",
  source: `${SOURCE}, stall-detector.go, and kubevirt/enhancements, VEP 248`,
  settings: (settings) => plainSettings(settings, QEMU_DOWNTIME_LIMIT_MS),
  steering: (memory, phase) => {
    const deadline = abortAt(timeoutMs(memory, phase));
    const afterPass = detectStalls(DEFAULT_STALL_DETECTOR, MAX_DOWNTIME_MS, deadline.atMs * 2);
    return { orders: [deadline], afterPass };
  },
};

/** VEP 291's ladder: `initialMs`, `steps`, `startAfterIteration`, `cooldownSeconds`. */
const LADDER = { initialMs: 150, steps: 7, startAfterPass: 3, cooldownMs: 10_000 } as const;

/** With the feature gate `MigrationDowntimeTuning` (VEP 291): the downtime limit climbs from 150 ms to 900 ms. */
export const kubevirtDowntimeLadder: Platform<"kubevirt-downtime-ladder"> = {
  name: "kubevirt-downtime-ladder",
  does: "raises the limit every 10 s from 150 to 900 ms from the third pass on; aborts after 150 s per GB",
  source: `${SOURCE}, tuneDowntime, and kubevirt/enhancements, VEP 291`,
  settings: (settings) => plainSettings(settings, LADDER.initialMs),
  steering: (memory, phase) => climb(abortAt(timeoutMs(memory, phase)), phase),
};

function climb(deadline: TimedOrder, phase: Share): Steering {
  const step = Math.max(1, Math.floor((MAX_DOWNTIME_MS - LADDER.initialMs) / LADDER.steps));
  let limitMs = LADDER.initialMs as Milliseconds;
  let raisedAtMs: Milliseconds = LOOK_MS * phase;
  return {
    orders: [deadline],
    afterPass: ({ nowMs, pass }) => {
      if (pass < LADDER.startAfterPass || limitMs >= MAX_DOWNTIME_MS) return null;
      if (nowMs < raisedAtMs + LADDER.cooldownMs) return null;
      limitMs = Math.min(limitMs + step, MAX_DOWNTIME_MS);
      raisedAtMs = nowMs;
      return [{ atMs: nowMs, order: { kind: "downtime-limit", ms: limitMs } }, deadline];
    },
  };
}
