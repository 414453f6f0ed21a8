import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
} from "../quantity-text.js";
import { type Milliseconds, pagesToBytes } from "../units.js";
import type { Goal } from "./goal.js";
import type { PredictedGuest } from "./guest.js";
import type { Prediction } from "./prediction.js";
import { RAW_PAGE_BYTES } from "./profile.js";
import type { PredictedHosts, PredictedSettings } from "./settings.js";
import { throttledSpeed } from "./throttle.js";
import { uncappedBandwidth } from "./windows.js";

/** What can be changed about a migration, cheapest first. */
export type MeasureName =
  | "downtime-limit"
  | "bandwidth"
  | "xbzrle"
  | "auto-converge"
  | "post-copy"
  | "stop-first";

/** What an advice is about. */
export interface AdvisedCase {
  readonly guest: PredictedGuest;
  readonly hosts: PredictedHosts;
  readonly goal: Goal;
  /** Whether it is the deadline that is missed; otherwise the downtime is too long. */
  readonly isLate: boolean;
}

/** One thing to change: values from the cheapest to the one that helps most. */
export interface Measure {
  readonly name: MeasureName;
  /** Whether a value does what those before it do; otherwise each of them has to be tried. */
  readonly isMonotone: boolean;
  /** Values worth trying on top of these settings; none where there is nothing to gain. */
  values(settings: PredictedSettings, one: AdvisedCase): readonly number[];
  apply(settings: PredictedSettings, value: number): PredictedSettings;
  /** The change as QEMU's parameters. */
  text(value: number): string;
  /** What it costs, in words. */
  cost(value: number, prediction: Prediction, one: AdvisedCase): string;
  /** Why it helps, in a clause. */
  reason(settings: PredictedSettings, value: number, one: AdvisedCase): string;
}

/** QEMU takes no longer limit. */
const MOST_DOWNTIME_LIMIT_MS: Milliseconds = 2_000_000;
/** Two digits are as much as anyone would set. */
const ROUND_FIGURES = [1, 1.2, 1.5, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9];

const downtimeLimit: Measure = {
  name: "downtime-limit",
  isMonotone: true,
  values: (settings, { hosts, goal, isLate }) => {
    // A guest that is stopped has no switchover to wait for.
    if (settings.stopFirst) return [];
    if (!isLate) return roundFigures(10, settings.downtimeLimitMs).reverse();
    // The last burst is not capped: it carries what the cap would need this much longer for.
    const most = goal.maxDowntimeMs * burstGain(settings, hosts) * 1.2;
    const least = Math.max(10, Math.min(settings.downtimeLimitMs, most / 2));
    return roundFigures(least, Math.min(MOST_DOWNTIME_LIMIT_MS, most));
  },
  apply: (settings, downtimeLimitMs) => ({ ...settings, downtimeLimitMs }),
  text: (value) => `downtime-limit ${value}`,
  cost: (_value, { downtimeMs }) =>
    `the guest stands still for up to ${formatDuration(downtimeMs?.p95 ?? 0)} at the switchover`,
  reason: (settings, value, { hosts }) => {
    const capped = Math.min(settings.maxBandwidth, uncappedBandwidth(hosts));
    const room = `${formatDuration(value)} at ${formatRate(capped)} leave room for ${formatBytes((capped * value) / 1000)}`;
    return burstGain(settings, hosts) > 1.1
      ? `${room}, and the last burst goes at ${formatRate(uncappedBandwidth(hosts))}, since max-bandwidth does not hold it`
      : room;
  },
};

const bandwidth: Measure = {
  name: "bandwidth",
  isMonotone: true,
  values: (settings, { hosts }) => {
    const most = uncappedBandwidth(hosts);
    if (settings.maxBandwidth >= most) return [];
    const between = roundFigures(settings.maxBandwidth * 8, most * 8).map((bits) => bits / 8);
    return [...between.filter((rate) => rate > settings.maxBandwidth && rate < most), most];
  },
  apply: (settings, maxBandwidth) => ({ ...settings, maxBandwidth }),
  text: (value) => `max-bandwidth ${Math.round(value)} (${formatRate(value)})`,
  cost: (value, _prediction, { hosts }) =>
    `the migration takes ${formatShare(value / hosts.linkBandwidth)} of the link while it lasts`,
  reason: (_settings, value) =>
    `a pass at ${formatRate(value)} leaves the guest less time to write`,
};

const xbzrle: Measure = {
  name: "xbzrle",
  isMonotone: true,
  values: (settings, { guest }) => {
    if (settings.stopFirst) return [];
    const memory = pagesToBytes(guest.totalPages);
    const caches: number[] = [];
    for (let bytes = 2 ** 24; bytes < 2 * memory && bytes <= 2 ** 46; bytes *= 2)
      caches.push(bytes);
    const has = settings.xbzrleCacheBytes ?? 0;
    return caches.filter((bytes) => bytes > has);
  },
  apply: (settings, xbzrleCacheBytes) => ({ ...settings, xbzrleCacheBytes }),
  text: (value) => `xbzrle on, xbzrle-cache-size ${value} (${formatBytes(value)})`,
  cost: (value) =>
    `${formatBytes(value)} of the source's memory, and a comparison of every page sent again`,
  reason: () => "pages written in a few places go as small deltas from the third pass on",
};

const autoConverge: Measure = {
  name: "auto-converge",
  isMonotone: true,
  values: ({ stopFirst }) =>
    stopFirst ? [] : [...Array.from({ length: 19 }, (_, index) => (index + 1) * 5), 99],
  apply: (settings, percent) => ({
    ...settings,
    autoConverge: { initial: percent / 100, increment: 0.1, max: percent / 100, trigger: 0.5 },
  }),
  text: (value) => `auto-converge on, cpu-throttle-initial ${value}, max-cpu-throttle ${value}`,
  cost: (value, _prediction, { hosts }) =>
    `the guest writes at ${speedText(value, hosts)} of its rate once the third pass began, until it has moved`,
  reason: (_settings, value, { hosts }) =>
    `a guest that writes at ${speedText(value, hosts)} of its rate dirties less during a pass, and one step is in force at once`,
};

const postCopy: Measure = {
  name: "post-copy",
  // Earlier, less is sent twice, but pulled pages are placed one by one, which a fast link waits for.
  isMonotone: false,
  values: (settings, { guest, hosts, goal }) => {
    if (settings.postCopyAfterMs !== null || settings.stopFirst) return [];
    // Just after the first pass little is absent; earlier where the deadline does not wait for it.
    const pages = Math.max(...guest.nonzeroPages.map(({ to }) => to));
    const rate = Math.min(settings.maxBandwidth, uncappedBandwidth(hosts));
    const freshRate = Math.min(rate, (RAW_PAGE_BYTES / hosts.freshPageMs) * 1000);
    const firstPassMs = ((pages * RAW_PAGE_BYTES) / freshRate) * 1000 * 1.05 + 500;
    const seconds = [firstPassMs, firstPassMs / 2, firstPassMs / 4, 1000].map((ms) =>
      Math.max(1, Math.ceil(ms / 1000)),
    );
    return [...new Set(seconds)].map((s) => s * 1000).filter((ms) => ms < goal.deadlineMs);
  },
  apply: (settings, postCopyAfterMs) => ({ ...settings, postCopyAfterMs }),
  text: (value) => `postcopy-ram on, migrate-start-postcopy after ${value / 1000} s`,
  cost: (_value, { postCopy: pull }) => {
    const { faults, stallMs } = pull ?? { faults: 0, stallMs: 0 };
    return `about ${formatCount(Math.round(faults))} faults of the guest that cross the link, ${formatDuration(Math.round(stallMs))} of waiting in sum; a failure during it loses the guest unless the migration is recovered`;
  },
  reason: () =>
    "the guest goes ahead and what it lacks follows, so nothing it writes is sent again",
};

const stopFirst: Measure = {
  name: "stop-first",
  isMonotone: true,
  values: (settings) => (settings.stopFirst ? [] : [1]),
  apply: (settings) => ({ ...settings, stopFirst: true }),
  text: () => "stop before migrate",
  cost: (_value, { downtimeMs }) =>
    `the guest is down throughout, up to ${formatDuration(downtimeMs?.p95 ?? 0)}`,
  reason: () => "a guest that is stopped writes nothing",
};

/** Everything that can be changed, cheapest first. */
export const MEASURES: readonly Measure[] = [
  downtimeLimit,
  bandwidth,
  xbzrle,
  autoConverge,
  postCopy,
  stopFirst,
];

/** Pairs that complement each other, cheapest first. */
export const PAIRS: readonly (readonly [Measure, Measure])[] = [
  [bandwidth, downtimeLimit],
  [downtimeLimit, xbzrle],
  [bandwidth, xbzrle],
  [downtimeLimit, autoConverge],
  [bandwidth, autoConverge],
  [xbzrle, autoConverge],
];

/** How much faster the last burst goes than the passes. */
function burstGain({ maxBandwidth }: PredictedSettings, hosts: PredictedHosts): number {
  return Math.max(1, uncappedBandwidth(hosts) / maxBandwidth);
}

function speedText(percent: number, { catchUpMs }: PredictedHosts): string {
  return formatShare(throttledSpeed(percent / 100, catchUpMs));
}

/** Numbers of two digits between two others, both included where they are such numbers. */
function roundFigures(from: number, to: number): number[] {
  const figures: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(from)); power <= to; power *= 10) {
    for (const figure of ROUND_FIGURES) {
      const value = Number((figure * power).toPrecision(2));
      if (value >= from && value <= to) figures.push(value);
    }
  }
  return figures;
}
