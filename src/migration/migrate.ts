import { isGodwitError } from "../errors.js";
import type { SourceMachine } from "../machine/sides.js";
import type { Link } from "../world/link.js";
import { replugDevices } from "./devices.js";
import { Migration } from "./migration.js";
import type { MigrationObserver } from "./observer.js";
import { type MigrateOptions, resolveMigrationOptions } from "./options.js";
import type { MigrationReport, Outcome, StrategyName } from "./report.js";
import { giveCpuBack } from "./stolen-cpu.js";
import { stopMirroring } from "./storage.js";
import { type Ending, summarize } from "./summary.js";

/** A strategy: its phases in order. */
export interface Strategy {
  readonly name: StrategyName;
  run(m: Migration): Promise<Ending>;
}

/**
 * Runs a strategy from request to report. Link failures, aborts and failed proofs end in a report, with
 * the guest running where it may; only bad options, blocking devices, a target that does not want the
 * guest and our own bugs throw.
 */
export async function migrate(
  strategy: Strategy,
  machine: SourceMachine,
  link: Link,
  given: MigrateOptions,
  observer: MigrationObserver | null,
): Promise<MigrationReport> {
  const options = resolveMigrationOptions(given, machine.pageCount, link.rate());
  const requestedAt = link.clock.now();
  const target = await machine.reserve(link);
  const m = new Migration({ machine, target, link, options, observer, requestedAt });
  if (options.xbzrleCacheBytes > 0) machine.memory.prepareDelta(options.xbzrleCacheBytes);
  const ending = await strategy.run(m).catch((error: unknown) => asEnding(error));
  m.endOpenRound();
  if (!m.isHandedOver) await takeBack(m);
  else if (ending.outcome === "completed") await settleIn(m);
  machine.stopLog();
  m.releaseBitmaps();
  return summarize(strategy.name, m, ending);
}

/** What ends a migration, and leaves the guest where it may run. */
const FAILURES = [
  "LinkFailedError",
  "PeerFailedError",
  "VerificationError",
  "WireFormatError",
] as const;

function asEnding(error: unknown): Ending {
  const outcome = outcomeOf(error);
  if (outcome === null) throw error;
  return { outcome, converged: false, reason: (error as Error).message };
}

function outcomeOf(error: unknown): Outcome | null {
  if (isGodwitError(error, "AbortedError")) return "aborted";
  if (isGodwitError(error, "NotConvergedError")) return "not-converged";
  return isGodwitError(error, ...FAILURES) ? "failed" : null;
}

/** The network finds the guest, and devices that were unplugged come back; the guest works meanwhile. */
async function settleIn(m: Migration): Promise<void> {
  await m.clock.sleepUntil(m.reachableAt);
  await replugDevices(m);
  m.machine.settle();
}

/** Nothing was handed over: the guest runs on at the source, at full speed and with its devices. */
async function takeBack(m: Migration): Promise<void> {
  stopMirroring(m);
  if (m.downtime?.isOpen) {
    m.downtime.enter("resume", m.clock.now());
    const { power, bootNs } = m.machine.parts;
    if (power === "off") await m.clock.sleepUntil(m.clock.now() + bootNs);
    await m.machine.resume();
    m.downtime.end(m.clock.now());
  }
  await replugDevices(m);
  m.machine.slowDown("throttle", 0);
  giveCpuBack(m);
}
