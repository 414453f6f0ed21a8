import { exp } from "../elementary.js";
import type { Bytes, Milliseconds, PageCount } from "../units.js";
import { drawNormal, type Random } from "../world/random.js";
import { RAW_PAGE_BYTES } from "./profile.js";
import type { PredictedHosts } from "./settings.js";
import { uncappedBandwidth } from "./windows.js";

/** Spreads (log-normal) of what a target takes for pages it never had: few of them, and all that are left. */
const FRESH_SIGMA = 1;
const PULL_SIGMA = 0.35;
/** Bytes on the way in buffers, which a requested page comes behind. */
const PULL_QUEUE_BYTES: Bytes = 12e6;
/** A post-copy switchover sends no description: 12 943 bytes were measured. */
const PACKAGE_BYTES: Bytes = 13_000;
/** Stopping a guest's CPUs takes a millisecond or two. */
const STOP_MS: Milliseconds = 1;

/** Bytes per ms that no cap holds. */
export function uncappedPerMs(hosts: PredictedHosts): number {
  return uncappedBandwidth(hosts) / 1000;
}

/** How long the target takes for so many pages that it never had. */
export function drawFreshMs(pages: PageCount, hosts: PredictedHosts, random: Random): Milliseconds {
  return pages * hosts.freshPageMs * exp(FRESH_SIGMA * drawNormal(random));
}

/** How long a stopped guest waits for `bytes` of pages and device state, `freshPages` of them new to the target. */
export function drawDowntimeMs(
  bytes: Bytes,
  freshPages: PageCount,
  hosts: PredictedHosts,
  random: Random,
): Milliseconds {
  const sendMs = bytes / uncappedPerMs(hosts);
  return drawStopMs(random) + sendMs + drawFreshMs(freshPages, hosts, random) + hosts.rttMs;
}

/** A post-copy switchover with so many bytes of pages to follow. */
export interface DrawnPull {
  readonly downtimeMs: Milliseconds;
  /** Until the last page has come. */
  readonly pullMs: Milliseconds;
  /** How long a guest waits for a page it asks for. */
  readonly faultMs: Milliseconds;
}

/** What a post-copy switchover leaves to be done. */
export interface LeftToPull {
  /** Bytes of the pages that follow. */
  readonly bytes: Bytes;
  /** Of these pages, those of zeros. */
  readonly zeroPages: PageCount;
  /** Stretches of pages that the target has in a state that no longer holds. */
  readonly staleStretches: number;
}

/** How long a post-copy switchover takes, and what follows it. */
export function drawPull(left: LeftToPull, hosts: PredictedHosts, random: Random): DrawnPull {
  const { bytes, zeroPages, staleStretches } = left;
  const most = Math.min(uncappedPerMs(hosts), RAW_PAGE_BYTES / hosts.placePageMs);
  const pace = exp(PULL_SIGMA * drawNormal(random));
  const perMs = most * pace;
  const discardMs = staleStretches * hosts.discardMs;
  return {
    downtimeMs: drawStopMs(random) + discardMs + PACKAGE_BYTES / uncappedPerMs(hosts) + hosts.rttMs,
    pullMs: bytes / perMs + (zeroPages * hosts.placeZeroMs) / pace,
    faultMs: hosts.rttMs + Math.min(bytes / 2, PULL_QUEUE_BYTES) / perMs,
  };
}

function drawStopMs(random: Random): Milliseconds {
  return STOP_MS * (0.5 + random.nextExponential());
}
