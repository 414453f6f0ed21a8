import { wattsAt } from "../model/power.js";
import type { Draft } from "./draft.js";
import type { LoadHistory } from "./load-history.js";
import { byDemand } from "./placement.js";
import type { Party } from "./room.js";
import type { VmState } from "./snapshot.js";

/** A VM, with those that must come along, and where it would go. */
export interface Placed {
  readonly vm: number;
  readonly party: Party;
  readonly host: number;
}

/**
 * Finds places for all these VMs on other hosts, the one that wants most first, each where power grows least;
 * null unless all of them find one. Nothing is promised.
 *
 * @param targets - Hosts that come into question.
 */
export function placeAll(
  draft: Draft,
  history: LoadHistory,
  vms: readonly VmState[],
  targets: readonly number[],
): Placed[] | null {
  const { room } = draft;
  const taken = new Map<number, Party>();
  const placed: Placed[] = [];
  const settled = new Set<number>();
  for (const vm of byDemand(vms)) {
    if (settled.has(vm.vm)) continue;
    const party = room.party(vm);
    const host = leastPower(draft, history, party, targets, taken, vm.host);
    if (host < 0) return null;
    taken.set(host, join(taken.get(host), party));
    placed.push({ vm: vm.vm, party, host });
    for (const member of party.vms) settled.add(member);
  }
  return placed;
}

function leastPower(
  draft: Draft,
  history: LoadHistory,
  party: Party,
  targets: readonly number[],
  taken: ReadonlyMap<number, Party>,
  home: number,
): number {
  const { room } = draft;
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const host of targets) {
    if (host === home) continue;
    const before = taken.get(host);
    const watts = risingWatts(draft, host, before?.cpu ?? 0, party.cpu);
    if (watts >= least) continue;
    const all = join(before, party);
    if (room.obstacle(all, host) !== null) continue;
    const cores = (room.load[host] ?? 0) + all.cpu;
    if (history.isOverloadedWith(host, cores, all.vms)) continue;
    best = host;
    least = watts;
  }
  return best;
}

/** Watts that `cpu` adds to a host that has been given `before` already. */
function risingWatts({ room, snapshot }: Draft, host: number, before: number, cpu: number): number {
  const power = snapshot.fleet.hosts[host]?.type.power;
  const capacity = snapshot.hosts[host]?.capacity ?? 0;
  if (power === undefined || capacity === 0) return Number.POSITIVE_INFINITY;
  const load = (room.load[host] ?? 0) + before;
  return wattsAt(power, (load + cpu) / capacity) - wattsAt(power, load / capacity);
}

function join(before: Party | undefined, party: Party): Party {
  if (before === undefined) return party;
  return {
    vms: [...before.vms, ...party.vms],
    memoryBytes: before.memoryBytes + party.memoryBytes,
    cpu: before.cpu + party.cpu,
    diskBytes: before.diskBytes + party.diskBytes,
  };
}
