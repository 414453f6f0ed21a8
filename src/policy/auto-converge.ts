import {
  type Bytes,
  type Nanoseconds,
  type PageCount,
  pagesToBytes,
  SECOND,
  type Share,
} from "../units.js";

/** Settings of auto-converge. */
export interface AutoConvergeSettings {
  /** First throttle; QEMU's cpu-throttle-initial, 20 %. */
  readonly initial: Share;
  /** Added at each further step; QEMU's cpu-throttle-increment, 10 %. */
  readonly increment: Share;
  /** Never more than this; QEMU's max-cpu-throttle, 99 %. */
  readonly max: Share;
  /** A period counts against convergence when its newly dirty bytes exceed this share of the bytes sent; QEMU's throttle-trigger-threshold, 50 %. */
  readonly trigger: Share;
}

/** What auto-converge remembers from one dirty-log harvest to the next. */
export interface ThrottleState {
  readonly throttle: Share;
  /** Qualifying periods since the last step; QEMU's dirty_rate_high_cnt, which a good period does not reset. */
  readonly highCount: number;
  readonly accountedAt: Nanoseconds;
  readonly bytesAtAccounting: Bytes;
  /** Newly dirty pages since then. */
  readonly newlyDirty: PageCount;
}

/** What a harvest adds. */
export interface Harvest {
  readonly now: Nanoseconds;
  /** Pages that were clean in the migration's bitmap. */
  readonly newlyDirty: PageCount;
  readonly totalBytesSent: Bytes;
}

/** Before the first harvest. */
export function unthrottled(now: Nanoseconds): ThrottleState {
  return { throttle: 0, highCount: 0, accountedAt: now, bytesAtAccounting: 0, newlyDirty: 0 };
}

/**
 * QEMU 7.2's migration_trigger_throttle: at a harvest more than a second after the last accounted one,
 * a period that dirtied more than `trigger` of what it sent counts; every second such period sets the
 * throttle to `initial` and then raises it by `increment`, up to `max`. It never goes down.
 */
export function accountHarvest(
  state: ThrottleState,
  harvest: Harvest,
  settings: AutoConvergeSettings,
): ThrottleState {
  const newlyDirty = state.newlyDirty + harvest.newlyDirty;
  if (harvest.now - state.accountedAt <= SECOND) return { ...state, newlyDirty };
  const sent = harvest.totalBytesSent - state.bytesAtAccounting;
  const isHigh = pagesToBytes(newlyDirty) > sent * settings.trigger;
  const highCount = state.highCount + (isHigh ? 1 : 0);
  const steps = isHigh && highCount >= 2;
  return {
    throttle: steps ? raised(state.throttle, settings) : state.throttle,
    highCount: steps ? 0 : highCount,
    accountedAt: harvest.now,
    bytesAtAccounting: harvest.totalBytesSent,
    newlyDirty: 0,
  };
}

function raised(throttle: Share, { initial, increment, max }: AutoConvergeSettings): Share {
  const next = throttle === 0 ? initial : throttle + increment;
  // Whole per mille, so that 0.1 + 0.2 stays 0.3.
  return Math.min(Math.round(next * 1000) / 1000, max);
}
