import { type Nanoseconds, pagesToBytes, toMilliseconds, toSeconds } from "../units.js";
import { NO_DOWNTIME } from "./downtime.js";
import type { Migration } from "./migration.js";
import { networkReport } from "./network.js";
import type { DegradationReport, MigrationReport, Outcome, StrategyName } from "./report.js";
import { sumPages } from "./round-tally.js";

/** How a migration ended. */
export interface Ending {
  readonly outcome: Outcome;
  readonly converged: boolean | null;
  readonly reason: string;
}

const NO_FAULTS = { faults: 0, networkFaults: 0, stallMs: 0, meanStallMs: 0, maxStallMs: 0 };
const GIB = 2 ** 30;

/** The report of a migration that is over. */
export function summarize(strategy: StrategyName, m: Migration, ending: Ending): MigrationReport {
  const downtime = m.downtime?.total ?? 0;
  const bytesSent = m.rounds.reduce((sum, round) => sum + round.bytesSent, 0);
  const faults = m.faults ?? NO_FAULTS;
  return {
    strategy,
    ...ending,
    runningOn: m.isHandedOver ? "target" : "source",
    totalMigrationTimeMs: toMilliseconds(m.elapsedNs),
    downtimeMs: toMilliseconds(downtime),
    downtimeStartMs: m.downtime ? toMilliseconds(m.downtime.startedAt - m.requestedAt) : null,
    downtimeParts: m.downtime?.toReport() ?? NO_DOWNTIME,
    bytesSent,
    stateBytes: m.stateBytesSent,
    pagesSent: sumPages(m.rounds),
    networkFaults: faults.networkFaults,
    rounds: m.rounds,
    verified: m.verified,
    seed: m.options.seed,
    policy: m.options.policy.name,
    memoryBytes: pagesToBytes(m.machine.pageCount),
    faults,
    throttleHistory: m.throttleHistory,
    degradation: degradation(m, bytesSent),
    storage: m.storage,
    network: networkReport(m.network, m.machine.parts.network, downtime),
    penalty: penalty(m, downtime),
  };
}

function degradation(m: Migration, bytesSent: number): DegradationReport {
  const { ranNs, lostNs } = m.guestTime;
  const { sourceCpuSecondsPerGiB, targetCpuSecondsPerGiB } = m.options.host;
  return {
    lostMs: toMilliseconds(lostNs),
    share: ranNs > 0 ? lostNs / ranNs : 0,
    sourceCpuSeconds: (bytesSent / GIB) * sourceCpuSecondsPerGiB,
    targetCpuSeconds: (bytesSent / GIB) * targetCpuSecondsPerGiB,
  };
}

function penalty(m: Migration, downtime: Nanoseconds): number | null {
  const level = m.options.serviceLevel;
  if (!level) return null;
  const charged = Math.max(0, downtime - level.freeDowntimeNs);
  return (
    toSeconds(charged) * level.pricePerDowntimeSecond +
    toSeconds(m.guestTime.lostNs) * level.pricePerDegradedSecond
  );
}
