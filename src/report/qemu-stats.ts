import type { MigrationReport, RoundPhase } from "../migration/report.js";
import { type Bytes, type Milliseconds, PAGE_SIZE } from "../units.js";

/** `MigrationStats` of QEMU's QMP, for guest memory. */
export interface QemuRamStats {
  readonly transferred: Bytes;
  readonly remaining: Bytes;
  readonly total: Bytes;
  readonly duplicate: number;
  readonly normal: number;
  readonly "normal-bytes": Bytes;
  readonly "dirty-sync-count": number;
  readonly "dirty-pages-rate": number;
  /** 10^6 bits per second. */
  readonly mbps: number;
  readonly "page-size": Bytes;
  readonly "postcopy-requests": number;
  readonly skipped: number;
  readonly "pages-per-second": number;
  readonly "precopy-bytes": Bytes;
  readonly "downtime-bytes": Bytes;
  readonly "postcopy-bytes": Bytes;
}

/** A migration as QEMU's `query-migrate` would tell it; times are whole milliseconds. */
export interface QemuStats {
  readonly status: "completed" | "cancelled" | "failed";
  readonly "total-time": Milliseconds;
  readonly "setup-time": Milliseconds;
  /** Only of a guest that moved, as in QEMU; without the network's part, which QEMU does not see. */
  readonly downtime?: Milliseconds;
  readonly ram: QemuRamStats;
  readonly "xbzrle-cache"?: { readonly bytes: Bytes; readonly pages: number };
  readonly "cpu-throttle-percentage"?: number;
  readonly "error-desc"?: string;
}

/** What QEMU sends for a zero page: the 8-byte page header and one byte. */
const ZERO_RECORD: Bytes = 9;
/** What QEMU sends for a whole page: the header and the page. */
const RAW_RECORD: Bytes = PAGE_SIZE + 8;

/**
 * The report in the names and units of QEMU's `query-migrate` (QEMU 7.2). A migration given up or aborted is
 * `cancelled` there, for which QEMU itself tells no more than the status; here the numbers stay. `skipped` has
 * been 0 in QEMU since 1.5. Device state is no part of `ram`.
 */
export function toQemuStats(report: MigrationReport): QemuStats {
  const completed = report.outcome === "completed";
  const { delta } = report.pagesSent;
  const throttle = report.throttleHistory.at(-1);
  return {
    status: completed ? "completed" : report.outcome === "failed" ? "failed" : "cancelled",
    "total-time": Math.round(report.totalMigrationTimeMs),
    "setup-time": 0,
    ...(completed
      ? { downtime: Math.round(report.downtimeMs - report.downtimeParts.network) }
      : {}),
    ram: ramStats(report),
    ...(delta > 0 ? { "xbzrle-cache": { bytes: deltaBytes(report), pages: delta } } : {}),
    ...(throttle === undefined
      ? {}
      : { "cpu-throttle-percentage": Math.round(throttle.throttle * 100) }),
    ...(report.outcome === "failed" ? { "error-desc": report.reason } : {}),
  };
}

function ramStats(report: MigrationReport): QemuRamStats {
  const bytesIn = (phase: RoundPhase): Bytes =>
    report.rounds
      .filter((round) => round.phase === phase)
      .reduce((sum, round) => sum + round.bytesSent, 0);
  const precopy = bytesIn("push");
  const downtime = Math.max(0, bytesIn("stop-and-copy") - report.stateBytes);
  const postcopy = bytesIn("pull");
  const transferred = precopy + downtime + postcopy;
  const seconds = report.totalMigrationTimeMs / 1000;
  const completed = report.outcome === "completed";
  const last = report.rounds.at(-1);
  const pages = report.pagesSent;
  return {
    transferred,
    remaining: completed ? 0 : (last?.dirtyPagesAtEnd ?? 0) * PAGE_SIZE,
    total: report.memoryBytes,
    duplicate: pages.zero,
    normal: pages.raw,
    "normal-bytes": pages.raw * PAGE_SIZE,
    "dirty-sync-count": dirtySyncs(report),
    "dirty-pages-rate":
      completed || last === undefined ? 0 : perSecond(last.dirtyPagesAtEnd, last.durationMs / 1000),
    mbps: seconds > 0 ? (transferred * 8) / seconds / 1e6 : 0,
    "page-size": PAGE_SIZE,
    "postcopy-requests": report.networkFaults,
    skipped: 0,
    "pages-per-second": perSecond(pages.zero + pages.raw + pages.delta, seconds),
    "precopy-bytes": precopy,
    "downtime-bytes": downtime,
    "postcopy-bytes": postcopy,
  };
}

/** QEMU reads the dirty log before the first pass, after each, and once more when the guest has stopped. */
function dirtySyncs(report: MigrationReport): number {
  const passes = report.rounds.filter((round) => round.phase === "push").length;
  const stopped = report.rounds.some((round) => round.phase !== "push");
  return Math.max(1, passes) + (stopped ? 2 : 0);
}

/** What is neither state nor a page sent as zero or raw. */
function deltaBytes({ rounds, stateBytes }: MigrationReport): Bytes {
  const others = rounds.reduce((sum, { bytesSent, pagesByKind: { zero, raw } }) => {
    return sum + bytesSent - zero * ZERO_RECORD - raw * RAW_RECORD;
  }, 0);
  return others - stateBytes;
}

function perSecond(count: number, seconds: number): number {
  return seconds > 0 ? Math.round(count / seconds) : 0;
}
