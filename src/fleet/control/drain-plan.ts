import type { StrategyName } from "../../migration/report.js";
import { formatDuration } from "../../quantity-text.js";
import type { Nanoseconds } from "../../units.js";
import { toMilliseconds } from "../../units.js";
import type { MigrationLimits } from "../model/fleet.js";
import { Draft } from "./draft.js";
import { dirtyRateOf, flavourOf, type MoveEstimator, nicOf } from "./estimate.js";
import { type Found, type PlacementName, placements } from "./placement.js";
import type { Action, Plan, Refusal } from "./plan.js";
import type { Party } from "./room.js";
import { endOf, type ScheduledMove, scheduleMoves } from "./schedule.js";
import type { Snapshot, VmState } from "./snapshot.js";

type Move = Extract<Action, { kind: "move" }>;

/** In which order VMs leave. */
export type DrainOrder = "smallest-first" | "longest-first" | "most-dirty-first";

/** The orders there are. */
export const DRAIN_ORDERS: readonly DrainOrder[] = [
  "smallest-first",
  "longest-first",
  "most-dirty-first",
];

/** What becomes of a VM whose memory is written faster than it can be sent. */
export type NotConverging = "refuse" | "post-copy" | "stop-and-copy";

/** How many migrations platforms run at once unless they are told otherwise. */
export const PLATFORM_LIMITS: Readonly<Record<"kubevirt" | "nova", MigrationLimits>> = {
  /** `parallelOutboundMigrationsPerNode` and `parallelMigrationsPerCluster` of KubeVirt's migration configuration. */
  kubevirt: { perSource: 2, perTarget: Number.POSITIVE_INFINITY, total: 5 },
  /** `max_concurrent_live_migrations` of OpenStack Nova, which counts those that leave a host. */
  nova: { perSource: 1, perTarget: Number.POSITIVE_INFINITY, total: Number.POSITIVE_INFINITY },
};

/** How a host is to be emptied. */
export interface DrainOptions {
  readonly estimate: MoveEstimator;
  /** Default `smallest-first`. */
  readonly order?: DrainOrder;
  /** How many leave at once. Default: the fleet's limits. */
  readonly limits?: MigrationLimits;
  /** From now; null: there is none. Default null. */
  readonly deadlineNs?: Nanoseconds | null;
  /** Default `best-fit`. */
  readonly placement?: PlacementName;
  /** Default `refuse`. */
  readonly ifNotConverging?: NotConverging;
  /** Whether sleeping hosts may be woken where there is no room otherwise. Default false. */
  readonly mayWake?: boolean;
  /** Targets that are tried first, then those of the next, and so on; null: all at once. Default null. */
  readonly preferred?: readonly ((host: number) => boolean)[] | null;
}

/** A way to empty a host: shown, compared and costed before anything moves. */
export interface DrainPlan {
  readonly host: number;
  readonly order: DrainOrder;
  readonly limits: MigrationLimits;
  /** Closes the host and moves what can move, in this order; its refusals say why the others stay. */
  readonly plan: Plan;
  /** When each leaves, from the beginning of the plan; in the order of the plan. */
  readonly schedule: readonly ScheduledMove[];
  /** When the last that can move has left, from the beginning; Infinity: one of them never does. */
  readonly lastLeavesNs: Nanoseconds;
  /** Whether nothing stays behind. */
  readonly empties: boolean;
  /** Whether it empties the host by the deadline, or at all where there is none. */
  readonly isInTime: boolean;
}

/** Plans how to empty a host. */
export function planDrain(snapshot: Snapshot, host: number, options: DrainOptions): DrainPlan {
  const draft = new Draft("drain", snapshot);
  const order = options.order ?? "smallest-first";
  const limits = options.limits ?? snapshot.fleet.limits;
  if (draft.statusOf(host) !== "maintenance") draft.close(host, "to be emptied");
  placeAll(draft, host, options);
  const { actions, refusals } = draft.plan();
  const moves = inOrder(snapshot, host, actions.filter(isMove), order, options.estimate);
  const wanted = moves.map(({ vm, to, strategy }) => ({ vm, from: host, to, strategy }));
  const schedule = scheduleMoves(snapshot.fleet, wanted, limits, options.estimate);
  const lastLeavesNs = endOf(schedule);
  const empties = refusals.length === 0 && lastLeavesNs < Number.POSITIVE_INFINITY;
  const deadlineNs = options.deadlineNs ?? Number.POSITIVE_INFINITY;
  const late = lastLeavesNs > deadlineNs ? [lateness(host, lastLeavesNs, deadlineNs)] : [];
  const plan = {
    controller: draft.name,
    actions: [...actions.filter((action) => !isMove(action)), ...moves],
    refusals: [...refusals, ...late],
  };
  const isInTime = empties && lastLeavesNs <= deadlineNs;
  return { host, order, limits, plan, schedule, lastLeavesNs, empties, isInTime };
}

/**
 * The same for every order and for one to `most` leaving at once, the best first: the one after which the least
 * stays, then the soonest. Of equal ones the least parallel, then in the order of {@link DRAIN_ORDERS}.
 */
export function compareDrains(
  snapshot: Snapshot,
  host: number,
  options: Omit<DrainOptions, "order" | "limits">,
  most: number,
): DrainPlan[] {
  const plans: DrainPlan[] = [];
  const unlimited = Number.POSITIVE_INFINITY;
  for (let parallel = 1; parallel <= most; parallel += 1) {
    const limits = { perSource: parallel, perTarget: unlimited, total: unlimited };
    for (const order of DRAIN_ORDERS) {
      plans.push(planDrain(snapshot, host, { ...options, order, limits }));
    }
  }
  const staying = ({ schedule }: DrainPlan): number =>
    -schedule.filter(({ endNs }) => endNs < unlimited).length;
  return plans.sort((a, b) => staying(a) - staying(b) || compare(a.lastLeavesNs, b.lastLeavesNs));
}

/** Finds a place for each VM, those that need most memory first, since they fit into fewest hosts. */
function placeAll(draft: Draft, host: number, options: DrainOptions): void {
  const { snapshot } = draft;
  const state = snapshot.hosts[host];
  const vms = (state?.vms ?? []).flatMap((vm) => snapshot.vm(vm) ?? []);
  vms.sort((a, b) => b.memoryBytes - a.memoryBytes || a.vm - b.vm);
  for (const vm of vms) {
    // One that is on its way elsewhere leaves without being told to.
    if (draft.isPlanned(vm.vm) || vm.isMigrating) continue;
    const why = placeOne(draft, vm, host, options);
    if (why !== null) draft.refuse(vm.vm, host, why);
  }
  for (const vm of state?.incoming ?? []) {
    draft.refuse(vm, host, "it is still on its way to this host; it can leave when it has arrived");
  }
}

function placeOne(draft: Draft, vm: VmState, host: number, options: DrainOptions): string | null {
  const strategy = strategyFor(draft, vm.vm, host, options);
  if (typeof strategy === "object" && strategy !== null) return strategy.because;
  const stuck = draft.whyNotMovable(vm.vm, strategy);
  if (stuck !== null) return stuck;
  const party = draft.room.party(vm);
  const found = findPlace(draft, party, options);
  const because = `to empty its host; ${found.because}`;
  if (found.host !== null) return draft.move(vm.vm, found.host, because, strategy);
  const woken = options.mayWake ? draft.wakeFor(party, "for VMs of a host to be emptied") : null;
  if (woken === null) return found.because;
  return draft.move(vm.vm, woken, "to empty its host; this one wakes for it", strategy);
}

function findPlace(draft: Draft, party: Party, options: DrainOptions): Found {
  const place = placements[options.placement ?? "best-fit"];
  for (const among of options.preferred ?? []) {
    const found = place(draft.room, party, among);
    if (found.host !== null) return found;
  }
  return place(draft.room, party);
}

/** The flavour's own way (null), another where that would not converge even alone, or why there is none. */
function strategyFor(
  draft: Draft,
  vm: number,
  host: number,
  { estimate, ifNotConverging = "refuse" }: DrainOptions,
): StrategyName | null | { readonly because: string } {
  const { fleet } = draft.snapshot;
  const outlook = estimate(vm, nicOf(fleet, host), null);
  if (outlook.converges !== false) return null;
  if (ifNotConverging !== "refuse") return ifNotConverging;
  return { because: `its move would not converge: ${outlook.because}` };
}

function inOrder(
  { fleet }: Snapshot,
  host: number,
  moves: readonly Move[],
  order: DrainOrder,
  estimate: MoveEstimator,
): Move[] {
  const rank = ({ vm, strategy }: Move): number => {
    const flavour = flavourOf(fleet, vm);
    if (flavour === undefined) return 0;
    if (order === "smallest-first") return flavour.memoryBytes;
    if (order === "most-dirty-first") return -dirtyRateOf(flavour);
    return -estimate(vm, nicOf(fleet, host), strategy).ns;
  };
  return moves
    .map((move) => ({ move, rank: rank(move) }))
    .sort((a, b) => compare(a.rank, b.rank) || a.move.vm - b.move.vm)
    .map(({ move }) => move);
}

function isMove(action: Action): action is Move {
  return action.kind === "move";
}

/** Of two infinities neither is the greater. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function lateness(host: number, lastNs: Nanoseconds, deadlineNs: Nanoseconds): Refusal {
  const last =
    lastNs === Number.POSITIVE_INFINITY
      ? "never, since one of them would not converge beside the others"
      : `only after ${formatDuration(toMilliseconds(lastNs))}`;
  const deadline = formatDuration(toMilliseconds(deadlineNs));
  return { vm: null, host, because: `the last VM leaves ${last}; the deadline is ${deadline}` };
}
