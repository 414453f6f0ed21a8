import { formatBytes, formatDuration, formatRate, formatShare } from "../quantity-text.js";
import { type BytesPerSecond, type Milliseconds, pagesToBytes } from "../units.js";
import type { PredictedGuest } from "./guest.js";
import type { PredictedRun } from "./predicted-run.js";
import type { Verdict } from "./prediction.js";
import type { PredictedHosts, PredictedSettings } from "./settings.js";
import { throttledSpeed } from "./throttle.js";
import { uncappedBandwidth } from "./windows.js";

/** What an explanation is made from. */
interface Case {
  readonly guest: PredictedGuest;
  readonly settings: PredictedSettings;
  readonly hosts: PredictedHosts;
  readonly runs: readonly PredictedRun[];
  readonly verdict: Verdict;
  readonly deadlineMs: Milliseconds | null;
}

/** Why the verdict is what it is, in one sentence. */
export function explain(one: Case): string {
  const { settings, verdict, deadlineMs } = one;
  const run = typicalRun(one);
  if (run !== undefined && verdict !== "converges") {
    if (run.completed) return lateText(run, one);
    if (run.passes === 1) return endlessPassText(run, one);
  }
  if (settings.stopFirst) return "the guest is stopped, so nothing becomes dirty again";
  if (settings.postCopyAfterMs !== null && verdict === "converges") {
    return `post-copy switches over ${formatDuration(settings.postCopyAfterMs)} after the start if it is not done before`;
  }
  if (run?.pausedAtMs && run.completed) {
    return `the guest is paused ${formatDuration(run.pausedAtMs)} after the start, and writes nothing from then on`;
  }
  if (run?.pull) return "it is switched to post-copy, and what the guest lacks follows";
  const rate = passRate(one);
  const limitMs = run?.downtimeLimitMs ?? settings.downtimeLimitMs;
  const fits = pagesToBytes(Math.floor((rate * limitMs) / 1000 / 4096));
  if (fits === 0 && verdict === "converges") return "a pass leaves nothing dirty";
  const room = `the ${formatBytes(fits)} that ${formatRate(rate)} carries within the downtime limit of ${formatDuration(limitMs)}`;
  if (verdict === "converges") return `${dirtyText(one)} falls below ${room}`;
  if (run?.abortedBecause) {
    const some = verdict === "uncertain" ? "in some runs " : "";
    return `${some}${run.abortedBecause}, while ${dirtyText(one)} stays above ${room}`;
  }
  const inTime = deadlineMs === null ? "" : ` by ${formatDuration(deadlineMs)}`;
  if (verdict === "uncertain") {
    return `${dirtyText(one)} comes close to ${room}, so chance decides whether it ends${inTime}`;
  }
  return `${dirtyText(one)} stays above ${room}${inTime}`;
}

/** What the passes go at. */
function passRate({ settings, hosts }: Case): BytesPerSecond {
  return Math.min(settings.maxBandwidth, uncappedBandwidth(hosts));
}

/** All runs end, but not all in time. */
function lateText({ totalMs }: PredictedRun, { verdict }: Case): string {
  const takes = `it ends, but takes some ${formatDuration(totalMs)}`;
  return verdict === "uncertain" ? `${takes}, so chance decides whether that is in time` : takes;
}

/** It never came as far as to look at what the guest had dirtied. */
function endlessPassText({ totalMs, abortedBecause }: PredictedRun, one: Case): string {
  const pages = Math.max(...one.guest.nonzeroPages.map(({ to }) => to));
  const sent = `${formatBytes(pagesToBytes(Math.round(pages)))} at ${formatRate(passRate(one))}`;
  return abortedBecause === null
    ? `the first pass alone, ${sent}, takes longer than ${formatDuration(totalMs)}`
    : `${abortedBecause} before the first pass, ${sent}`;
}

/** A run that did not end, if there is one, or else one that ended too late. */
function typicalRun({ runs, deadlineMs }: Case): PredictedRun | undefined {
  const limitMs = deadlineMs ?? Number.POSITIVE_INFINITY;
  return (
    runs.find(({ completed }) => !completed) ??
    runs.find(({ totalMs }) => totalMs > limitMs) ??
    runs[0]
  );
}

/** What the passes come to: the dirty set of the last run that did not end, or of the last pass. */
function dirtyText(one: Case): string {
  const throttle = typicalRun(one)?.throttle ?? 0;
  if (throttle === 0) return "what the guest dirties during a pass";
  const speed = formatShare(throttledSpeed(throttle, one.hosts.catchUpMs));
  return `what the guest dirties during a pass, throttled by ${formatShare(throttle)} and so writing at ${speed} of its rate,`;
}
