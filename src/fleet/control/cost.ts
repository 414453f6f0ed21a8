import type { Bytes, Nanoseconds } from "../../units.js";
import { toSeconds } from "../../units.js";
import type { Contract } from "../model/flavour.js";
import type { Fleet } from "../model/fleet.js";
import { wattsAt } from "../model/power.js";
import { flavourOf, type MoveEstimator, type MoveOutlook } from "./estimate.js";
import type { Plan } from "./plan.js";
import { promised } from "./promised.js";
import { Room } from "./room.js";
import { endOf, type ScheduledMove, scheduleMoves } from "./schedule.js";
import type { Snapshot } from "./snapshot.js";

/** What a move costs beside its time. */
export interface MoveCost extends ScheduledMove {
  /** Guest time lost while it runs: what the estimator says, and what devices that stand in take. */
  readonly lostNs: Nanoseconds;
  /** Money for traffic to another provider. */
  readonly trafficPrice: number;
  /** Money that its contract asks for the downtime and the guest time lost. */
  readonly penalty: number;
}

/** What a plan costs and what it is good for, as estimated before anything moves. */
export interface PlanCost {
  readonly moves: readonly MoveCost[];
  /** Until the last move has ended; Infinity: one does not. */
  readonly ns: Nanoseconds;
  readonly bytes: Bytes;
  /** Of all VMs together. */
  readonly downtimeNs: Nanoseconds;
  readonly lostNs: Nanoseconds;
  readonly trafficPrice: number;
  readonly penalties: number;
  /** Watts of all hosts with the load as it is, and as it is once everything has happened. */
  readonly wattsBefore: number;
  readonly wattsAfter: number;
  /** Money per hour that the change of power saves; negative: costs. */
  readonly savedPerHour: number;
  /** VMs whose move would not converge. */
  readonly notConverging: readonly number[];
}

/** Estimates what a plan costs. Moves begin in its order as the fleet's limits allow. */
export function costOf(plan: Plan, snapshot: Snapshot, estimate: MoveEstimator): PlanCost {
  const { fleet } = snapshot;
  const wanted = plan.actions.flatMap((action) => {
    if (action.kind !== "move") return [];
    const from = snapshot.vm(action.vm)?.host ?? -1;
    return from < 0 ? [] : [{ vm: action.vm, from, to: action.to, strategy: action.strategy }];
  });
  const schedule = scheduleMoves(fleet, wanted, fleet.limits, estimate);
  const moves = schedule.map((move) => ({ ...move, ...moveCost(fleet, move, move.outlook) }));
  const sum = (part: (move: MoveCost) => number): number =>
    moves.reduce((total, move) => total + part(move), 0);
  const before = powerOf(snapshot);
  const after = powerOf(promised(snapshot, plan));
  return {
    moves,
    ns: endOf(moves),
    bytes: sum(({ outlook }) => outlook.bytes),
    downtimeNs: sum(({ outlook }) => outlook.downtimeNs),
    lostNs: sum(({ lostNs }) => lostNs),
    trafficPrice: sum(({ trafficPrice }) => trafficPrice),
    penalties: sum(({ penalty }) => penalty),
    wattsBefore: before.watts,
    wattsAfter: after.watts,
    savedPerHour: (before.price - after.price) * 3600,
    notConverging: moves.filter(({ outlook }) => outlook.converges === false).map(({ vm }) => vm),
  };
}

/** The money of a single move, and the guest time that it takes. */
export function moveCost(
  fleet: Fleet,
  { vm, from, to }: { readonly vm: number; readonly from: number; readonly to: number },
  outlook: MoveOutlook,
): { readonly lostNs: Nanoseconds; readonly trafficPrice: number; readonly penalty: number } {
  const flavour = flavourOf(fleet, vm);
  const slowdown = (flavour?.assignedDevices ?? []).reduce(
    (total, { hasStandIn, standInSlowdown }) => total + (hasStandIn ? standInSlowdown : 0),
    0,
  );
  const lostNs = outlook.lostNs + (slowdown > 0 ? Math.min(1, slowdown) * outlook.ns : 0);
  const trafficPrice = outlook.bytes * pricePerByte(fleet, from, to);
  return { lostNs, trafficPrice, penalty: penaltyOf(flavour?.contract ?? null, outlook, lostNs) };
}

/** Money per byte from one host to another: nothing within a provider. */
export function pricePerByte(fleet: Fleet, from: number, to: number): number {
  const source = providerOf(fleet, from);
  if (source === providerOf(fleet, to)) return 0;
  return fleet.providers[source]?.pricePerByteOut ?? 0;
}

/** Index of the provider that a host is of. */
export function providerOf({ hosts, sites }: Fleet, host: number): number {
  return sites[hosts[host]?.site ?? -1]?.provider ?? -1;
}

function penaltyOf(
  contract: Contract | null,
  { downtimeNs }: MoveOutlook,
  lostNs: Nanoseconds,
): number {
  if (contract === null) return 0;
  const down = toSeconds(Math.max(0, downtimeNs - contract.freeDowntimeNs));
  return (
    down * contract.pricePerDowntimeSecond + toSeconds(lostNs) * contract.pricePerDegradedSecond
  );
}

/** Watts of all hosts, and money per second for them. A host that wakes is counted as one that is on. */
function powerOf(snapshot: Snapshot): { readonly watts: number; readonly price: number } {
  const { fleet, hosts } = snapshot;
  const room = new Room(snapshot);
  let watts = 0;
  let price = 0;
  for (const { host, status } of hosts) {
    const power = fleet.hosts[host]?.type.power;
    if (power === undefined || status === "failed") continue;
    const drawn = status === "asleep" ? power.sleepWatts : wattsAt(power, room.utilisation(host));
    watts += drawn;
    price += drawn * (fleet.providers[providerOf(fleet, host)]?.pricePerJoule ?? 0);
  }
  return { watts, price };
}
