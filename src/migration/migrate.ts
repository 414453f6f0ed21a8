import { isGodwitError, type Side } from "../errors.js";
import type { Machine } from "../machine/machine.js";
import { type Nanoseconds, SECOND, toMilliseconds, toSeconds } from "../units.js";
import type { Link } from "../world/link.js";
import { Migration } from "./migration.js";
import { networkReport } from "./network.js";
import type { MigrationObserver } from "./observer.js";
import { type MigrateOptions, resolveMigrationOptions } from "./options.js";
import type { DowntimeParts, MigrationReport, Outcome, StrategyName } from "./report.js";
import { sumPages } from "./round-tally.js";
import { stopMirroring } from "./storage.js";

/** How a strategy's own course ended, when nothing failed. */
export interface Ending {
  readonly outcome: "completed" | "not-converged";
  readonly converged: boolean | null;
  readonly reason: string;
}

/** A strategy: its phases in order. */
export interface Strategy {
  readonly name: StrategyName;
  run(m: Migration): Promise<Ending>;
}

const NO_FAULTS = { faults: 0, networkFaults: 0, stallMs: 0, meanStallMs: 0, maxStallMs: 0 };

/**
 * Runs a strategy from request to report. Link failures, aborts and failed proofs end in a report, with
 * the guest running where it may; only bad options, blocking devices and our own bugs throw.
 */
export async function migrate(
  strategy: Strategy,
  machine: Machine,
  link: Link,
  given: MigrateOptions,
  observer: MigrationObserver | null,
): Promise<MigrationReport> {
  const options = resolveMigrationOptions(given, machine.pageCount, link.rate());
  const m = new Migration(machine, link, options, observer);
  if (options.xbzrleCacheBytes > 0) machine.memory.prepareDelta(options.xbzrleCacheBytes);
  try {
    const ending = await strategy.run(m);
    await settleIn(m);
    return report(strategy.name, m, ending, m.isHandedOver ? "target" : "source");
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome === null) throw error;
    m.endOpenRound();
    await takeBack(m);
    const ending = { outcome, converged: false, reason: (error as Error).message };
    return report(strategy.name, m, ending, m.isHandedOver ? "target" : "source");
  }
}

function outcomeOf(error: unknown): Outcome | null {
  if (isGodwitError(error, "AbortedError")) return "aborted";
  if (isGodwitError(error, "NotConvergedError")) return "not-converged";
  if (isGodwitError(error, "LinkFailedError", "VerificationError", "WireFormatError"))
    return "failed";
  return null;
}

/** The network finds the guest, and devices that were unplugged come back; the guest works meanwhile. */
async function settleIn(m: Migration): Promise<void> {
  if (!m.isHandedOver || !m.downtime) return;
  await m.clock.sleepUntil(m.downtime.resumedAt + (m.network?.delayNs ?? 0));
  await replugDevices(m);
  m.machine.settle();
}

/** Nothing was handed over: the guest runs on at the source, at full speed. */
async function takeBack(m: Migration): Promise<void> {
  stopMirroring(m);
  if (m.isHandedOver) return;
  if (m.downtime) {
    await m.machine.resume();
    m.downtime.resumedAt = m.clock.now();
  }
  await replugDevices(m);
  m.machine.slowDown("throttle", 0);
  m.machine.slowDown("migration", 0);
  m.machine.settle();
}

/** Takes directly assigned devices away before the guest moves; it works on their stand-ins. */
export async function unplugDevices(m: Migration): Promise<void> {
  for (const { passthrough, failover } of m.machine.parts.devices) {
    if (!passthrough || !failover) continue;
    m.machine.slowDown("stand-in", failover.degradation);
    await m.clock.sleepUntil(m.clock.now() + failover.unplugNs);
  }
}

async function replugDevices(m: Migration): Promise<void> {
  const devices = m.machine.parts.devices.filter(
    ({ passthrough, failover }) => passthrough && failover,
  );
  if (devices.length === 0) return;
  for (const { failover } of devices) {
    if (failover) await m.clock.sleepUntil(m.clock.now() + failover.replugNs);
  }
  m.machine.slowDown("stand-in", 0);
}

function downtimeParts(m: Migration): DowntimeParts {
  const marks = m.downtime;
  if (!marks) return { pause: 0, finalPages: 0, state: 0, resume: 0, network: 0 };
  const between = (from: Nanoseconds, to: Nanoseconds) => toMilliseconds(Math.max(0, to - from));
  const stoppedAt = Math.max(marks.pausedAt, marks.stoppedAt);
  const pagesSentAt = Math.max(stoppedAt, marks.pagesSentAt);
  const stateSentAt = Math.max(pagesSentAt, marks.stateSentAt);
  return {
    pause: between(marks.pausedAt, stoppedAt),
    finalPages: between(stoppedAt, pagesSentAt),
    state: between(pagesSentAt, stateSentAt),
    resume: between(stateSentAt, marks.resumedAt),
    network: toMilliseconds(m.network?.delayNs ?? 0),
  };
}

/** Whole nanoseconds from the pause to the reachable guest, so that no sum of fractions shows in the report. */
function downtimeNs({ downtime, network }: Migration): Nanoseconds {
  return downtime ? downtime.resumedAt - downtime.pausedAt + (network?.delayNs ?? 0) : 0;
}

function report(
  name: StrategyName,
  m: Migration,
  ending: {
    readonly outcome: Outcome;
    readonly converged: boolean | null;
    readonly reason: string;
  },
  runningOn: Side,
): MigrationReport {
  const parts = downtimeParts(m);
  const downtime = downtimeNs(m);
  const bytesSent = m.rounds.reduce((sum, round) => sum + round.bytesSent, 0);
  const { ranNs, lostNs } = m.machine.guestTime;
  const faults = m.faults ?? NO_FAULTS;
  const gib = bytesSent / 2 ** 30;
  return {
    strategy: name,
    ...ending,
    runningOn,
    totalMigrationTimeMs: toMilliseconds(m.elapsedNs),
    downtimeMs: toMilliseconds(downtime),
    downtimeStartMs: m.downtime ? toMilliseconds(m.downtime.pausedAt - m.requestedAt) : null,
    downtimeParts: parts,
    bytesSent,
    pagesSent: sumPages(m.rounds),
    networkFaults: faults.networkFaults,
    rounds: m.rounds,
    verified: m.verified,
    seed: m.options.seed,
    policy: m.options.policy.name,
    memoryBytes: m.machine.pageCount * 4096,
    faults,
    throttleHistory: m.throttleHistory,
    degradation: {
      lostMs: toMilliseconds(lostNs),
      share: ranNs > 0 ? lostNs / ranNs : 0,
      sourceCpuSeconds: gib * m.options.host.sourceCpuSecondsPerGiB,
      targetCpuSeconds: gib * m.options.host.targetCpuSecondsPerGiB,
    },
    storage: m.storage,
    network: networkReport(m.network, downtime),
    penalty: penalty(m, downtime, lostNs),
  };
}

function penalty(m: Migration, downtime: Nanoseconds, lostNs: Nanoseconds): number | null {
  const level = m.options.serviceLevel;
  if (!level) return null;
  const charged = Math.max(0, downtime - level.freeDowntimeNs);
  return (
    toSeconds(charged) * level.pricePerDowntimeSecond +
    (lostNs / SECOND) * level.pricePerDegradedSecond
  );
}
