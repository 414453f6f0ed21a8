import { type Nanoseconds, pagesToBytes, toMilliseconds, toSeconds } from "../units.js";
import type { Migration } from "./migration.js";
import { networkReport } from "./network.js";
import type {
  DegradationReport,
  DowntimeParts,
  MigrationReport,
  Outcome,
  StrategyName,
} from "./report.js";
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
  const downtime = downtimeNs(m);
  const bytesSent = m.rounds.reduce((sum, round) => sum + round.bytesSent, 0);
  const faults = m.faults ?? NO_FAULTS;
  return {
    strategy,
    ...ending,
    runningOn: m.isHandedOver ? "target" : "source",
    totalMigrationTimeMs: toMilliseconds(m.elapsedNs),
    downtimeMs: toMilliseconds(downtime),
    downtimeStartMs: m.downtime ? toMilliseconds(m.downtime.pausedAt - m.requestedAt) : null,
    downtimeParts: downtimeParts(m),
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
    network: networkReport(m.network, downtime),
    penalty: penalty(m, downtime),
  };
}

/** Whole nanoseconds from the pause to the reachable guest, so that no sum of fractions shows in the report. */
function downtimeNs({ downtime, network }: Migration): Nanoseconds {
  return downtime ? downtime.resumedAt - downtime.pausedAt + (network?.delayNs ?? 0) : 0;
}

function downtimeParts(m: Migration): DowntimeParts {
  const marks = m.downtime;
  if (!marks) return { pause: 0, finalPages: 0, state: 0, resume: 0, network: 0 };
  // Where a failure cut the switchover short, the marks that were not reached are those before them.
  const stoppedAt = Math.max(marks.pausedAt, marks.stoppedAt);
  const pagesSentAt = Math.max(stoppedAt, marks.pagesSentAt);
  const stateSentAt = Math.max(pagesSentAt, marks.stateSentAt);
  return {
    pause: toMilliseconds(stoppedAt - marks.pausedAt),
    finalPages: toMilliseconds(pagesSentAt - stoppedAt),
    state: toMilliseconds(stateSentAt - pagesSentAt),
    resume: toMilliseconds(marks.resumedAt - stateSentAt),
    network: toMilliseconds(m.network?.delayNs ?? 0),
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
