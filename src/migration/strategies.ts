import type { SourceMachine } from "../machine/sides.js";
import type { Link } from "../world/link.js";
import { refuseBlockingDevices, unplugDevices } from "./devices.js";
import { migrate, type Strategy } from "./migrate.js";
import type { Migration } from "./migration.js";
import type { MigrateOptions } from "./options.js";
import { pullPages } from "./pull.js";
import { pacingOf, pushPages } from "./push.js";
import { pushRounds } from "./push-rounds.js";
import type { MigrationReport, StrategyName } from "./report.js";
import { servePull } from "./serve-pull.js";
import { mirrorDisk } from "./storage.js";
import type { Ending } from "./summary.js";
import { handOver, harvestStopped, pauseGuest, switchOver } from "./switchover.js";

/** Migrates a machine over a link; see {@link MigrateOptions} for the options, {@link MigrationReport} for the result. */
export type MigrateFunction = (
  machine: SourceMachine,
  link: Link,
  options?: MigrateOptions,
) => Promise<MigrationReport>;

const MOVED: Ending = {
  outcome: "completed",
  converged: null,
  reason: "everything moved while the guest was stopped",
};

/** The target agrees to take the guest and reserves its memory (Clark's pre-migration and reservation). */
async function setUp(m: Migration): Promise<void> {
  m.throwIfAborted();
  await m.target.agree();
  m.throwIfAborted();
}

/** What comes before memory when the guest moves live. */
async function setUpLive(m: Migration): Promise<void> {
  refuseBlockingDevices(m);
  await setUp(m);
  await unplugDevices(m);
  await mirrorDisk(m, true);
}

/** Sends all memory of a guest that is stopped, then hands it over. */
async function moveStopped(m: Migration): Promise<void> {
  m.startWithAllPages();
  const tally = m.beginRound("stop-and-copy");
  const pacing = pacingOf(m);
  await pushPages(m, tally, { pacing, order: null, isFinal: true });
  await handOver(m, tally);
}

/** Moves a guest that is off: no memory and no state, but a boot. */
async function moveOff(m: Migration): Promise<void> {
  const { bootNs } = m.machine.parts;
  await handOver(m, m.beginRound("stop-and-copy"), bootNs);
}

/** Stops the guest and lets it run at the target while its pages follow. */
async function switchToPull(m: Migration): Promise<void> {
  await pauseGuest(m);
  harvestStopped(m);
  const tally = m.beginRound("stop-and-copy");
  await handOver(m, tally);
  const { guest } = m.target;
  await (guest.kind === "stepped" ? pullPages(m, guest) : servePull(m, guest));
}

const coldStrategy: Strategy = {
  name: "cold",
  async run(m) {
    const { power, shutdownNs } = m.machine.parts;
    const isOff = power === "off";
    if (!isOff) {
      refuseBlockingDevices(m);
      await unplugDevices(m);
    }
    await pauseGuest(m, isOff ? shutdownNs : 0);
    await setUp(m);
    await mirrorDisk(m, false);
    await (isOff ? moveOff(m) : moveStopped(m));
    return isOff ? { ...MOVED, reason: "the guest was off and booted at the target" } : MOVED;
  },
};

const stopAndCopyStrategy: Strategy = {
  name: "stop-and-copy",
  async run(m) {
    await setUpLive(m);
    await m.target.rehearse();
    await pauseGuest(m);
    await moveStopped(m);
    return MOVED;
  },
};

const preCopyStrategy: Strategy = {
  name: "pre-copy",
  run: (m) => pushThenSwitch(m, false),
};

const hybridStrategy: Strategy = {
  name: "hybrid",
  run: (m) => pushThenSwitch(m, true),
};

async function pushThenSwitch(m: Migration, isHybrid: boolean): Promise<Ending> {
  await setUpLive(m);
  const { action, converged, reason } = await pushRounds(m, isHybrid);
  if (action === "abort") return { outcome: "not-converged", converged, reason };
  if (action === "post-copy") await switchToPull(m);
  else await switchOver(m);
  return { outcome: "completed", converged, reason };
}

const postCopyStrategy: Strategy = {
  name: "post-copy",
  async run(m) {
    await setUpLive(m);
    m.startWithAllPages();
    await m.target.rehearse();
    await switchToPull(m);
    return { outcome: "completed", converged: null, reason: "every page followed the guest" };
  },
};

/** Every strategy by name. */
export const strategies: { readonly [Name in StrategyName]: Strategy } = {
  cold: coldStrategy,
  "stop-and-copy": stopAndCopyStrategy,
  "pre-copy": preCopyStrategy,
  "post-copy": postCopyStrategy,
  hybrid: hybridStrategy,
};

function asFunction(strategy: Strategy): MigrateFunction {
  return (machine, link, options = {}) => migrate(strategy, machine, link, options, null);
}

/** Moves a guest that is suspended or off for the whole move: the downtime is the migration. */
export const cold: MigrateFunction = asFunction(coldStrategy);

/** Prepares while the guest runs, then stops it, copies everything and lets it run at the target. */
export const stopAndCopy: MigrateFunction = asFunction(stopAndCopyStrategy);

/** Pushes all memory while the guest runs, then round after round what it dirtied meanwhile; stops it when its policy says so (Clark et al. 2005). */
export const preCopy: MigrateFunction = asFunction(preCopyStrategy);

/** Moves CPU and devices first; memory follows, pushed and on demand, each page once (Hines & Gopalan 2009). */
export const postCopy: MigrateFunction = asFunction(postCopyStrategy);

/** Pre-copy rounds, then post-copy for what is still dirty. */
export const hybrid: MigrateFunction = asFunction(hybridStrategy);
