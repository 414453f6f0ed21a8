import { wattsAt } from "../model/power.js";
import type { Obstacle, Party, Room } from "./room.js";
import { OBSTACLE_WORDS } from "./room.js";
import type { VmState } from "./snapshot.js";

/** Where a party may go, and why there; host null: nowhere, and why not. */
export interface Found {
  readonly host: number | null;
  readonly because: string;
}

/**
 * Finds a host for a party, by what is left when all that was promised is there. It promises nothing itself:
 * whoever accepts its answer charges the room.
 *
 * @param among - Hosts that come into question; default all. Where the party is now never does.
 */
export type Placement = (room: Room, party: Party, among?: (host: number) => boolean) => Found;

/** The first host by index that takes the party. O(log hosts) where nothing but room decides. */
export const firstFit: Placement = (room, party, among) => {
  const isFit = fitness(room, party, among);
  let host = room.firstWithRoom(party, 0);
  while (host >= 0 && !isFit(host)) host = room.firstWithRoom(party, host + 1);
  return host < 0 ? nowhere(room, party, among) : { host, because: "the first that has room" };
};

/** The host in which the least memory is left over. */
export const bestFit: Placement = (room, party, among) => {
  const isFit = fitness(room, party, among);
  const order = room.byFreeMemory();
  for (let place = order.placeOf(party.memoryBytes); place < order.length; place += 1) {
    const host = order.at(place);
    if (isFit(host)) return { host, because: "least memory is left over there" };
  }
  return nowhere(room, party, among);
};

/** The host in which the most memory is left over (what OpenStack Nova's RAM weigher does): spreads VMs. */
export const worstFit: Placement = (room, party, among) => {
  const isFit = fitness(room, party, among);
  const order = room.byFreeMemory();
  // From the end, but of those with equally much the first by index comes first.
  for (let end = order.length; end > 0; ) {
    const free = room.freeBytes[order.at(end - 1)] ?? 0;
    if (free < party.memoryBytes) break;
    const start = order.placeOf(free);
    for (let place = start; place < end; place += 1) {
      const host = order.at(place);
      if (isFit(host)) return { host, because: "most memory is left over there" };
    }
    end = start;
  }
  return nowhere(room, party, among);
};

/** The host that is used least: what a balancer wants. */
export const leastLoaded: Placement = (room, party, among) => {
  const isFit = fitness(room, party, among);
  const order = room.byUtilisation();
  for (let place = 0; place < order.length; place += 1) {
    const host = order.at(place);
    if (isFit(host)) return { host, because: "it is used least" };
  }
  return nowhere(room, party, among);
};

/**
 * The host whose power grows least (power-aware best fit decreasing, without the sorting: Beloglazov, Abawajy
 * and Buyya 2012); of equal ones the first.
 */
export const powerAware: Placement = (room, party, among) => {
  const isFit = fitness(room, party, among);
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let host = 0; host < room.hosts; host += 1) {
    if (room.freeCpu(host) < 0 || (room.freeBytes[host] ?? 0) < party.memoryBytes) continue;
    const watts = addedWatts(room, party.cpu, host);
    if (watts >= least || !isFit(host)) continue;
    best = host;
    least = watts;
  }
  if (best < 0) return nowhere(room, party, among);
  return { host: best, because: `power grows least there, by ${least.toFixed(2)} W` };
};

/** Name of a placement. */
export type PlacementName = "first-fit" | "best-fit" | "worst-fit" | "least-loaded" | "power-aware";

/** The placements by name. */
export const placements: Readonly<Record<PlacementName, Placement>> = {
  "first-fit": firstFit,
  "best-fit": bestFit,
  "worst-fit": worstFit,
  "least-loaded": leastLoaded,
  "power-aware": powerAware,
};

/** Those that want most CPU first, equal ones by index: what makes a best fit a best fit decreasing. */
export function byDemand(vms: readonly VmState[]): VmState[] {
  return [...vms].sort((a, b) => b.demand - a.demand || a.vm - b.vm);
}

/** Watts that so much more load adds to a host that is on. */
export function addedWatts(room: Room, cpu: number, host: number): number {
  const power = room.snapshot.fleet.hosts[host]?.type.power;
  const capacity = room.snapshot.hosts[host]?.capacity ?? 0;
  if (power === undefined || capacity === 0) return 0;
  const load = room.load[host] ?? 0;
  return wattsAt(power, (load + cpu) / capacity) - wattsAt(power, load / capacity);
}

function fitness(
  room: Room,
  party: Party,
  among: (host: number) => boolean = () => true,
): (host: number) => boolean {
  const home = homeOf(room, party);
  return (host) => host !== home && among(host) && room.obstacle(party, host) === null;
}

/** Where a party runs; -1: nowhere yet. */
function homeOf(room: Room, { vms }: Party): number {
  return room.snapshot.vm(vms[0] ?? -1)?.host ?? -1;
}

/** Says what spoke against how many hosts, the commonest first. */
function nowhere(room: Room, party: Party, among: (host: number) => boolean = () => true): Found {
  const counts = new Map<Obstacle, number>();
  const home = homeOf(room, party);
  for (let host = 0; host < room.hosts; host += 1) {
    if (host === home || !among(host)) continue;
    const obstacle = room.obstacle(party, host);
    if (obstacle !== null) counts.set(obstacle, (counts.get(obstacle) ?? 0) + 1);
  }
  const parts = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([obstacle, count]) => `${count} ${plural(OBSTACLE_WORDS[obstacle], count)}`);
  const because =
    parts.length === 0 ? "there is no other host" : `of the hosts, ${parts.join(", ")}`;
  return { host: null, because: `no host takes it: ${because}` };
}

function plural(words: string, count: number): string {
  if (count === 1) return words;
  return words.replace(/^is /, "are ").replace(/^has /, "have ");
}
