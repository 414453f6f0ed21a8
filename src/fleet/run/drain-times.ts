import { AbortedError, InvalidOptionError } from "../../errors.js";
import { type Nanoseconds, SECOND } from "../../units.js";
import { Random } from "../../world/random.js";
import { createDrain } from "../control/drain.js";
import {
  compareDrains,
  type DrainPlan,
  type NotConverging,
  PLATFORM_LIMITS,
  planDrain,
} from "../control/drain-plan.js";
import type { MoveEstimator } from "../control/estimate.js";
import { emptyPlan } from "../control/plan.js";
import type { Snapshot } from "../control/snapshot.js";
import type { Fleet, MigrationLimits } from "../model/fleet.js";
import { disturbedFleet } from "./disturbed-fleet.js";
import { fluidEstimator } from "./move-outlook.js";
import type { FleetResult, MigrationRecord } from "./result.js";
import { simulateFleet } from "./simulate-fleet.js";

/** How the emptying of a host is looked into. */
export interface DrainTimesOptions {
  /** Index of the host. */
  readonly host: number;
  /** Null: there is none. */
  readonly deadlineNs: Nanoseconds | null;
  /** What becomes of VMs that do not converge. Default `refuse`: they stay, and the host is not emptied. */
  readonly ifNotConverging?: NotConverging | undefined;
  /** Most that leave at once in godwit's own plan, 1 to 64. Default 8. */
  readonly mostAtOnce?: number | undefined;
  /** Simulations of each way. Default 100. */
  readonly runs?: number | undefined;
  readonly seed?: number | undefined;
  readonly onProgress?: ((share: number) => void | Promise<void>) | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

/** One way of emptying a host, and how long it takes. */
export interface DrainWay {
  readonly name: string;
  readonly plan: DrainPlan;
  /** Time to empty, run by run; Infinity: it was not emptied. */
  readonly emptiedNs: readonly Nanoseconds[];
  /** Moves of the run in the middle. */
  readonly moves: readonly MigrationRecord[];
}

/** The ways of emptying a host: godwit's plan first, then what platforms do by default. */
export interface DrainTimes {
  readonly host: number;
  readonly deadlineNs: Nanoseconds | null;
  readonly ways: readonly DrainWay[];
}

const DEFAULT_AT_ONCE = 8;
const MOST_AT_ONCE = 64;
const DEFAULT_RUNS = 100;
/** A drain that takes so many times as long as it should is given up. */
const PATIENCE = 4;
const LEAST_PATIENCE: Nanoseconds = 600 * SECOND;
const MOST_PATIENCE: Nanoseconds = 86_400 * SECOND;
/** Between two looks of whoever empties the host. */
const LOOK: Nanoseconds = 30 * SECOND;

/**
 * How a host is best emptied, and how long that takes: every order and parallelism is planned, the best plan
 * and the defaults of KubeVirt and OpenStack Nova are simulated many times, each time with guests and links
 * as they may be.
 *
 * @throws InvalidOptionError
 * @throws AbortedError
 */
export async function drainTimes(fleet: Fleet, options: DrainTimesOptions): Promise<DrainTimes> {
  const { host, deadlineNs, mostAtOnce = DEFAULT_AT_ONCE, runs = DEFAULT_RUNS } = options;
  whole("mostAtOnce", mostAtOnce, MOST_AT_ONCE);
  whole("runs", runs, 100_000);
  if (fleet.hosts[host] === undefined) {
    throw new InvalidOptionError("host", host, `a host, 0 to ${fleet.hosts.length - 1}`);
  }
  const snapshot = await firstSnapshot(fleet);
  const plans = plansOf(snapshot, fluidEstimator(fleet), options, mostAtOnce);
  const ways: DrainWay[] = [];
  for (const [index, { name, plan }] of plans.entries()) {
    const results: FleetResult[] = [];
    for (let run = 0; run < runs; run++) {
      if (options.signal?.aborted) throw new AbortedError("the simulations were aborted");
      await options.onProgress?.((index * runs + run) / (plans.length * runs));
      results.push(await simulateDrain(fleet, snapshot, plan, options, run));
    }
    const emptied = results.map((result) => emptiedNs(result, host));
    ways.push({ name, plan, emptiedNs: emptied, moves: middleOf(results, emptied).migrations });
  }
  return { host, deadlineNs, ways };
}

/** What a controller sees before anything has happened. */
async function firstSnapshot(fleet: Fleet): Promise<Snapshot> {
  let first: Snapshot | null = null;
  const spy = {
    name: "spy",
    decide: (snapshot: Snapshot) => {
      first ??= snapshot;
      return emptyPlan("spy");
    },
  };
  const quiet = { ...fleet, moves: [], faults: [] };
  await simulateFleet(quiet, { untilNs: 1, controllers: [spy], historyLength: 1 });
  return first as unknown as Snapshot;
}

function plansOf(
  snapshot: Snapshot,
  estimate: MoveEstimator,
  { host, deadlineNs, ifNotConverging = "refuse" }: DrainTimesOptions,
  mostAtOnce: number,
): { readonly name: string; readonly plan: DrainPlan }[] {
  const shared = { estimate, deadlineNs, ifNotConverging };
  const [best] = compareDrains(snapshot, host, shared, mostAtOnce);
  const platform = (limits: MigrationLimits): DrainPlan =>
    planDrain(snapshot, host, { ...shared, limits });
  return [
    { name: "godwit", plan: best as DrainPlan },
    { name: "KubeVirt's defaults", plan: platform(PLATFORM_LIMITS.kubevirt) },
    { name: "Nova's defaults", plan: platform(PLATFORM_LIMITS.nova) },
  ];
}

function simulateDrain(
  fleet: Fleet,
  snapshot: Snapshot,
  { order, limits, host, lastLeavesNs }: DrainPlan,
  { seed = 1, ifNotConverging = "refuse", deadlineNs, signal = null }: DrainTimesOptions,
  run: number,
): Promise<FleetResult> {
  const random = new Random(seed).fork(`drain/${run}`);
  const leaving = snapshot.hosts[host]?.vms ?? [];
  const disturbed = { ...disturbedFleet(fleet, leaving, random), limits, moves: [], faults: [] };
  const controller = createDrain(
    {
      hosts: [fleet.hosts[host]?.name ?? ""],
      ...{ startNs: 0, serviceNs: Number.POSITIVE_INFINITY, deadlineNs: null, ifLate: "wait" },
      ...{ atOnce: 1, order, placement: "best-fit", ifNotConverging, mayWake: false },
    },
    { fleet: disturbed, estimate: fluidEstimator(disturbed) },
  );
  const expected = Math.max(
    Number.isFinite(lastLeavesNs) ? lastLeavesNs : 0,
    deadlineNs ?? 0,
    LEAST_PATIENCE / PATIENCE,
  );
  return simulateFleet(disturbed, {
    untilNs: Math.min(MOST_PATIENCE, PATIENCE * expected),
    intervalNs: LOOK,
    ...{ seed: random.nextUint32(), controllers: [controller], historyLength: 1, signal },
  });
}

/** When the last VM had left; Infinity: somebody stayed. */
function emptiedNs({ migrations, vmHosts }: FleetResult, host: number): Nanoseconds {
  if (vmHosts.includes(host)) return Number.POSITIVE_INFINITY;
  const ends = migrations.filter(({ from }) => from === host).map(({ endNs }) => endNs);
  return Math.max(0, ...ends);
}

function middleOf(results: readonly FleetResult[], emptied: readonly Nanoseconds[]): FleetResult {
  const order = emptied.map((ns, index) => ({ ns, index }));
  order.sort((a, b) => (a.ns === b.ns ? 0 : a.ns - b.ns) || a.index - b.index);
  const middle = order[Math.floor((order.length - 1) / 2)]?.index ?? 0;
  return results[middle] as FleetResult;
}

function whole(option: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new InvalidOptionError(option, value, `a whole number, 1 to ${most}`);
}
