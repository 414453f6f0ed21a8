import { isRecord } from "./qmp-message.js";

/** Where a migration of QEMU is. */
export type MigrationStatus =
  | "none"
  | "setup"
  | "cancelling"
  | "cancelled"
  | "active"
  | "postcopy-active"
  | "postcopy-paused"
  | "postcopy-recover-setup"
  | "postcopy-recover"
  | "postcopy-device"
  | "completed"
  | "failed"
  | "colo"
  | "pre-switchover"
  | "device"
  | "wait-unplug";

/** What `query-migrate` tells of the pages. Counters grow again with every page that is sent again. */
export interface MigrationRam {
  /** Bytes on the wire: pages and ends of sections. */
  readonly transferred: number;
  /** Bytes of pages still dirty; 0 once completed. */
  readonly remaining: number;
  readonly total: number;
  /** Zero pages. */
  readonly duplicate: number;
  /** Raw pages. */
  readonly normal: number;
  readonly "normal-bytes": number;
  /** Pages per second that became dirty between two syncs; at most what the link carries. */
  readonly "dirty-pages-rate": number;
  /** Throughput of the last window, Mbit/s. */
  readonly mbps: number;
  readonly "pages-per-second": number;
  /** Passes begun. */
  readonly "dirty-sync-count": number;
  readonly "postcopy-requests": number;
  readonly "page-size": number;
  readonly "multifd-bytes": number;
  readonly "precopy-bytes": number;
  readonly "downtime-bytes": number;
  readonly "postcopy-bytes": number;
}

/** What the XBZRLE cache did. */
export interface XbzrleCacheInfo {
  readonly "cache-size": number;
  readonly bytes: number;
  readonly pages: number;
  readonly "cache-miss": number;
  readonly "cache-miss-rate": number;
  readonly "encoding-rate": number;
  readonly overflow: number;
}

/** What `query-migrate` answers. Times in ms, sizes in bytes; absent is what QEMU left out. */
export interface MigrationInfo {
  readonly status: MigrationStatus;
  readonly "total-time"?: number;
  readonly "expected-downtime"?: number;
  readonly downtime?: number;
  readonly "setup-time"?: number;
  readonly ram?: MigrationRam;
  readonly "xbzrle-cache"?: XbzrleCacheInfo;
  readonly "cpu-throttle-percentage"?: number;
  readonly "error-desc"?: string;
  readonly "blocked-reasons"?: readonly string[];
}

/** Reads an answer of `query-migrate`; null for what is none. */
export function readMigrationInfo(answer: unknown): MigrationInfo | null {
  if (!isRecord(answer)) return null;
  // A QEMU that never migrated answers an empty object.
  const { status = "none", ram } = answer;
  if (typeof status !== "string" || (ram !== undefined && !isRecord(ram))) return null;
  return { ...answer, status: status as MigrationStatus } as MigrationInfo;
}

/** Whether a migration has come to its end, good or bad. */
export function isOver({ status }: MigrationInfo): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}
