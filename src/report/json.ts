import type {
  DegradationReport,
  DowntimeParts,
  FaultReport,
  MigrationReport,
  NetworkReport,
  PagesByKind,
  RoundReport,
  StorageReport,
  ThrottleStep,
} from "../migration/report.js";

/** The keys of a record in the order they are written; the compiler holds the lists complete. */
type KeyOrder<T> = readonly (keyof T)[] & { readonly length: number };

/** Fails to compile when a key of the record is missing from the list. */
function keysOf<T>() {
  return <const K extends readonly (keyof T)[]>(
    keys: Exclude<keyof T, K[number]> extends never ? K : never,
  ): KeyOrder<T> => keys;
}

const REPORT_KEYS = keysOf<MigrationReport>()([
  "strategy",
  "outcome",
  "totalMigrationTimeMs",
  "downtimeMs",
  "downtimeParts",
  "bytesSent",
  "stateBytes",
  "pagesSent",
  "networkFaults",
  "rounds",
  "verified",
  "seed",
  "policy",
  "runningOn",
  "converged",
  "reason",
  "memoryBytes",
  "faults",
  "throttleHistory",
  "degradation",
  "storage",
  "network",
  "penalty",
  "downtimeStartMs",
]);

const ROUND_KEYS = keysOf<RoundReport>()([
  "round",
  "phase",
  "startMs",
  "durationMs",
  "pagesSent",
  "pagesByKind",
  "bytesByKind",
  "unchangedPages",
  "skippedPages",
  "bytesSent",
  "dirtyPagesAtEnd",
  "throttle",
]);

const PAGE_KEYS = keysOf<PagesByKind>()(["zero", "raw", "delta"]);
const DOWNTIME_KEYS = keysOf<DowntimeParts>()([
  "pause",
  "finalPages",
  "state",
  "resume",
  "network",
]);
const FAULT_KEYS = keysOf<FaultReport>()([
  "faults",
  "networkFaults",
  "stallMs",
  "meanStallMs",
  "maxStallMs",
  "medianStallMs",
]);
const THROTTLE_KEYS = keysOf<ThrottleStep>()(["atMs", "throttle"]);
const DEGRADATION_KEYS = keysOf<DegradationReport>()([
  "lostMs",
  "share",
  "sourceCpuSeconds",
  "targetCpuSeconds",
]);
const STORAGE_KEYS = keysOf<StorageReport>()([
  "durationMs",
  "passes",
  "bytesSent",
  "mirroredBytes",
]);
const NETWORK_KEYS = keysOf<NetworkReport>()([
  "mode",
  "announcements",
  "packetsLost",
  "extraLatencyMs",
]);

/** The report with its keys in one fixed order, whatever order the engine filled them in. */
export function orderedReport(report: MigrationReport): MigrationReport {
  return {
    ...pick(report, REPORT_KEYS),
    downtimeParts: pick(report.downtimeParts, DOWNTIME_KEYS),
    pagesSent: pick(report.pagesSent, PAGE_KEYS),
    rounds: report.rounds.map((round) => ({
      ...pick(round, ROUND_KEYS),
      pagesByKind: pick(round.pagesByKind, PAGE_KEYS),
      bytesByKind: pick(round.bytesByKind, PAGE_KEYS),
    })),
    faults: pick(report.faults, FAULT_KEYS),
    throttleHistory: report.throttleHistory.map((step) => pick(step, THROTTLE_KEYS)),
    degradation: pick(report.degradation, DEGRADATION_KEYS),
    storage: report.storage === null ? null : pick(report.storage, STORAGE_KEYS),
    network: pick(report.network, NETWORK_KEYS),
  };
}

/** The report as JSON, two spaces deep, ending in a newline. Equal reports give equal bytes. */
export function reportToJson(report: MigrationReport): string {
  return `${JSON.stringify(orderedReport(report), null, 2)}\n`;
}

function pick<T>(record: T, keys: KeyOrder<T>): T {
  return Object.fromEntries(keys.map((key) => [key, record[key]])) as T;
}
