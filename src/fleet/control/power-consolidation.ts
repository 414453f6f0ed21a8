import { formatShare } from "../../quantity-text.js";
import type { Nanoseconds, Share } from "../../units.js";
import { Random } from "../../world/random.js";
import { Draft } from "./draft.js";
import { type Placed, placeAll } from "./emptying.js";
import { LoadHistory } from "./load-history.js";
import type { OverloadDetection } from "./overload.js";
import { byDemand } from "./placement.js";
import type { Controller, Plan } from "./plan.js";
import { type Selectable, type SelectionRule, selectVm } from "./selection.js";
import type { HostState, Snapshot, VmState } from "./snapshot.js";

/** How VMs are brought together on few hosts. */
export interface PowerConsolidationSettings {
  /** When a host has too much to do; a target is filled as far as this rule allows. */
  readonly overload: OverloadDetection;
  /** Which of its VMs leave it then. */
  readonly selection: SelectionRule;
  /** Utilisation below which a host may be emptied; 1: any, as in the paper. */
  readonly emptyBelow: Share;
  /** How many hosts are tried at a look, the least used first; each trial asks all others. Infinity: all. */
  readonly maxTrials: number;
  /** How long a host stays on once it is empty. */
  readonly sleepAfterNs: Nanoseconds;
  /** Empty hosts that are kept on for what may come. */
  readonly spareHosts: number;
  /** How long a VM stays where it is after a move. */
  readonly restNs: Nanoseconds;
  /** For random selection. Whole. */
  readonly seed: number;
}

/** The paper's best combination, and no caution beyond it. */
export const POWER_CONSOLIDATION_DEFAULTS: PowerConsolidationSettings = {
  overload: { rule: "lr", parameter: 1.2 },
  selection: "mmt",
  emptyBelow: 1,
  maxTrials: Number.POSITIVE_INFINITY,
  sleepAfterNs: 0,
  spareHosts: 0,
  restNs: 0,
  seed: 1,
};

/**
 * Dynamic consolidation after Beloglazov and Buyya (2012): VMs leave hosts that have too much to do for
 * where power grows least, waking a host where nothing else helps; the least used hosts are emptied where all
 * of their VMs find a place on others that are in use; empty hosts go to low power.
 */
export function createPowerConsolidation(settings: PowerConsolidationSettings): Controller {
  const name = "power-consolidation";
  return {
    name,
    decide: (snapshot): Plan => new Round(name, snapshot, settings).plan(),
  };
}

/** One look. */
class Round {
  readonly #draft: Draft;
  readonly #snapshot: Snapshot;
  readonly #settings: PowerConsolidationSettings;
  readonly #history: LoadHistory;
  readonly #random: Random;
  readonly #overloaded = new Set<number>();
  /** Hosts that this plan sends VMs to. */
  readonly #taking = new Set<number>();

  constructor(name: string, snapshot: Snapshot, settings: PowerConsolidationSettings) {
    this.#draft = new Draft(name, snapshot);
    this.#snapshot = snapshot;
    this.#settings = settings;
    this.#history = new LoadHistory(snapshot, settings.overload);
    // Another draw at every look, the same for the same look.
    this.#random = new Random(settings.seed).fork(`selection ${snapshot.now}`);
  }

  plan(): Plan {
    const { hosts } = this.#snapshot;
    for (const { host, status } of hosts) {
      const isRunning = status === "on" || status === "maintenance";
      if (isRunning && this.#isOverloaded(host)) this.#overloaded.add(host);
    }
    const leaving: VmState[] = [];
    for (const host of this.#overloaded) this.#relieve(host, leaving);
    for (const vm of byDemand(leaving)) this.#rehouse(vm);
    this.#houseWaiting();
    this.#emptyHosts();
    this.#sleep();
    return this.#draft.plan();
  }

  #isOverloaded(host: number): boolean {
    return this.#history.isOverloaded(host, this.#draft.room.load[host] ?? 0);
  }

  /** Chooses VMs to take off a host until it has no longer too much to do. */
  #relieve(host: number, leaving: VmState[]): void {
    const movable = this.#movable(host);
    let cores = this.#draft.room.load[host] ?? 0;
    while (this.#history.isOverloaded(host, cores)) {
      const choices = movable.map((vm) => this.#selectable(vm));
      const index = selectVm(this.#settings.selection, choices, (n) => this.#random.nextBelow(n));
      const [chosen] = index < 0 ? [] : movable.splice(index, 1);
      if (chosen === undefined) return;
      this.#history.move([chosen.vm], host, -1);
      cores -= chosen.demand;
      leaving.push(chosen);
    }
  }

  #selectable({ vm, memoryBytes, demand, size }: VmState): Selectable {
    const history = this.#settings.selection === "mc" ? this.#snapshot.vmHistory(vm) : [];
    return { memory: memoryBytes, utilisation: demand / size, history };
  }

  /** VMs of a host that can be moved now and have rested. */
  #movable(host: number): VmState[] {
    const { restNs } = this.#settings;
    return (this.#snapshot.hosts[host]?.vms ?? []).flatMap((index) => {
      const vm = this.#snapshot.vm(index);
      if (vm === undefined || this.#draft.whyNotMovable(index) !== null) return [];
      const isResting = vm.movedAtNs !== null && this.#snapshot.now - vm.movedAtNs < restNs;
      return isResting ? [] : [vm];
    });
  }

  /** Finds another place for a VM that must leave, and wakes a host if there is none. */
  #rehouse(vm: VmState): void {
    if (this.#draft.isPlanned(vm.vm)) return;
    const targets = this.#targets(({ host }) => !this.#overloaded.has(host));
    const places = placeAll(this.#draft, this.#history, [vm], targets);
    const used = formatShare(this.#draft.room.utilisation(vm.host));
    const because = `${used} of its host is used: too much by ${this.#settings.overload.rule}`;
    const [place] = places ?? this.#wakeFor(vm);
    if (place !== undefined) this.#move(place, -1, because);
    else this.#draft.refuse(vm.vm, vm.host, `${because}, and no other host takes it`);
  }

  #move({ vm, party, host }: Placed, from: number, because: string): void {
    const why = this.#draft.move(vm, host, because);
    if (why !== null) {
      this.#draft.refuse(vm, host, why);
      return;
    }
    this.#history.move(party.vms, from, host);
    this.#taking.add(host);
  }

  /** Wakes the host that draws least of those that have room; answers the place on it. */
  #wakeFor(vm: VmState): Placed[] {
    const asleep = this.#snapshot.hosts.filter(
      ({ host, memoryBytes, capacity }) =>
        this.#draft.statusOf(host) === "asleep" &&
        memoryBytes >= vm.memoryBytes &&
        capacity >= vm.demand,
    );
    asleep.sort((a, b) => this.#idleWatts(a) - this.#idleWatts(b) || a.host - b.host);
    for (const { host } of asleep) {
      const because = `${this.#snapshot.fleet.vms.name(vm.vm)} finds no room on those that are on`;
      if (this.#draft.wake(host, because) !== null) continue;
      const places = placeAll(this.#draft, this.#history, [vm], [host]);
      if (places !== null) return places;
    }
    return [];
  }

  #idleWatts({ host }: HostState): number {
    return this.#snapshot.fleet.hosts[host]?.type.power.watts[0] ?? 0;
  }

  /** VMs that wait for a place are given one where the data centre itself found none, by waking a host. */
  #houseWaiting(): void {
    for (const vm of this.#snapshot.vms) {
      if (vm.host >= 0 || vm.isMigrating) continue;
      const targets = this.#targets(({ host }) => !this.#overloaded.has(host));
      const places = placeAll(this.#draft, this.#history, [vm], targets);
      const [place] = places ?? this.#wakeFor(vm);
      if (place === undefined) continue;
      const why = this.#draft.start(vm.vm, place.host, "it waits for a place");
      if (why !== null) continue;
      this.#history.move(place.party.vms, -1, place.host);
      this.#taking.add(place.host);
    }
  }

  /** Hosts that are on, or will be, and that `fits`. */
  #targets(fits: (host: HostState) => boolean): number[] {
    return this.#snapshot.hosts
      .filter((state) => {
        const status = this.#draft.statusOf(state.host);
        return (status === "on" || status === "waking") && fits(state);
      })
      .map(({ host }) => host);
  }

  /** Empties the least used hosts, none that something was promised to. */
  #emptyHosts(): void {
    const { room } = this.#draft;
    const { emptyBelow, maxTrials } = this.#settings;
    const targets = new Set(this.#targets((state) => this.#isInUse(state)));
    const candidates = this.#snapshot.hosts.filter(
      ({ host, status, vms, incoming, outgoing }) =>
        status === "on" &&
        targets.has(host) &&
        !this.#taking.has(host) &&
        vms.length > outgoing &&
        incoming.length === 0 &&
        room.utilisation(host) < emptyBelow,
    );
    candidates.sort((a, b) => room.utilisation(a.host) - room.utilisation(b.host));
    for (const { host, vms, outgoing } of candidates.slice(0, maxTrials)) {
      if (this.#taking.has(host)) continue;
      const leaving = this.#movable(host);
      // One that must stay keeps the host on, so the others may stay as well.
      if (leaving.length < vms.length - outgoing) continue;
      targets.delete(host);
      const places = placeAll(this.#draft, this.#history, leaving, [...targets]);
      if (places === null) {
        // As in the paper, a host that could not be emptied takes nothing of those that come after it.
        continue;
      }
      const because = `its host is used to ${formatShare(room.utilisation(host))}, and the others have room for all on it`;
      for (const place of places) this.#move(place, host, because);
    }
  }

  #isInUse({ host, vms, incoming }: HostState): boolean {
    if (this.#overloaded.has(host)) return false;
    return vms.length + incoming.length > 0 || this.#taking.has(host);
  }

  /** Sends empty hosts to sleep, the thirstiest first, but for the spare ones. */
  #sleep(): void {
    const { sleepAfterNs, spareHosts } = this.#settings;
    const { now } = this.#snapshot;
    const empty = this.#snapshot.hosts.filter(
      (state) => state.status === "on" && state.emptySinceNs !== null,
    );
    const idle = empty.filter(({ host }) => !this.#taking.has(host));
    idle.sort((a, b) => this.#idleWatts(b) - this.#idleWatts(a) || b.host - a.host);
    for (const { host, emptySinceNs } of idle.slice(0, Math.max(0, idle.length - spareHosts))) {
      if (now - (emptySinceNs ?? now) < sleepAfterNs) continue;
      this.#draft.sleep(host, "it is empty");
    }
  }
}
