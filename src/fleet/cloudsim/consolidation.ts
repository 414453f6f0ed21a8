import type { OverloadDetection } from "../control/overload.js";
import { type Selectable, type SelectionRule, selectVm } from "../control/selection.js";
import type { DataCentre } from "./data-centre.js";
import { NONE } from "./history-check.js";
import { OverloadCheck } from "./overload-check.js";

/** A migration to begin. */
export interface Move {
  readonly vm: number;
  readonly target: number;
}

const NO_HOST = -1;

/**
 * What CloudSim 3.0.3 does at every look: VMs leave overloaded hosts for where they raise power the least;
 * then one host after the other, the least used first, is emptied if all its VMs find a place.
 *
 * The plan is made on lists of its own, so some VMs appear twice in it: a VM that was sent to a host which
 * is emptied afterwards goes on from there at once, and both migrations are begun. A host's power is that
 * of the last look throughout, whatever was sent to it meanwhile.
 */
export class Consolidation {
  readonly #centre: DataCentre;
  readonly #check: OverloadCheck;
  readonly #selection: SelectionRule;
  readonly #nextBelow: (bound: number) => number;
  /** Lists that differ from the centre's, by host. */
  readonly #lists = new Map<number, number[]>();
  readonly #available: Float64Array;
  readonly #used: Float64Array;
  readonly #wanted: Float64Array;
  /** Watts of each host at the last look. */
  readonly #watts: Float64Array;
  /** Hosts to which VMs may go, in no order. */
  #open: number[] = [];
  /** Empty hosts, of which the first of each type is open, and from where on the next is to be found. */
  readonly #isSpare: Uint8Array;
  readonly #nextSpare: Uint32Array;

  constructor(
    centre: DataCentre,
    detection: OverloadDetection,
    selection: SelectionRule,
    interval: number,
    nextBelow: (bound: number) => number,
  ) {
    this.#centre = centre;
    this.#check = new OverloadCheck(detection, centre, interval);
    this.#selection = selection;
    this.#nextBelow = nextBelow;
    this.#available = new Float64Array(centre.hosts);
    this.#used = new Float64Array(centre.hosts);
    this.#wanted = new Float64Array(centre.hosts);
    this.#watts = new Float64Array(centre.hosts);
    this.#isSpare = new Uint8Array(centre.hosts);
    this.#nextSpare = new Uint32Array(centre.pool.lastType + 1);
  }

  /** What to do now. */
  plan(): Move[] {
    const { hosts, available, used, wanted, pool, vms } = this.#centre;
    this.#lists.clear();
    this.#check.history?.forgetAll();
    this.#available.set(available);
    this.#used.set(used);
    this.#wanted.set(wanted);
    const overloaded = new Set<number>();
    for (let host = 0; host < hosts; host++) {
      this.#watts[host] = pool.watts(host, this.#centre.utilisation(host));
      if ((vms[host] as number[]).length > 0 && this.#isOverloaded(host)) overloaded.add(host);
    }
    const leaving: number[] = [];
    for (const host of overloaded) this.#relieve(host, leaving);
    this.#openAllBut(overloaded);
    const moves = this.#placeAll(leaving, false);
    this.#emptyHosts(overloaded, moves);
    return moves;
  }

  #list(host: number): number[] {
    return this.#lists.get(host) ?? (this.#centre.vms[host] as number[]);
  }

  #isOverloaded(host: number): boolean {
    return this.#check.isOverloaded(host, this.#list(host), NONE, this.#wanted[host] as number);
  }

  /** Takes VMs off an overloaded host until it is so no more. */
  #relieve(host: number, leaving: number[]): void {
    do {
      const movable = this.#list(host).filter((vm) => this.#centre.isMoving[vm] === 0);
      const choices = movable.map((vm): Selectable => this.#selectable(vm));
      const chosen = movable[selectVm(this.#selection, choices, this.#nextBelow)];
      if (chosen === undefined) return;
      leaving.push(chosen);
      this.#remove(host, chosen);
    } while (this.#isOverloaded(host));
  }

  #selectable(vm: number): Selectable {
    const { pool, traces } = this.#centre;
    return {
      memory: pool.vmMemory[vm] as number,
      utilisation: (this.#centre.requested[vm] as number) / (pool.vmMips[vm] as number),
      history: this.#selection === "mc" ? traces.historyOf(vm) : [],
    };
  }

  /** VMs from overloaded hosts may go to any other, and of the empty ones of a type the first is as good as all. */
  #openAllBut(closed: ReadonlySet<number>): void {
    const { hosts, spent, pool } = this.#centre;
    this.#open = [];
    this.#isSpare.fill(0);
    this.#nextSpare.fill(0);
    for (let host = 0; host < hosts; host++) {
      if (closed.has(host)) continue;
      if (spent[host] === 0 && this.#list(host).length === 0) this.#isSpare[host] = 1;
      else this.#open.push(host);
    }
    for (let type = 0; type <= pool.lastType; type++) this.#openSpare(type);
  }

  /** Opens the next empty host of a type. */
  #openSpare(type: number): void {
    const types = this.#centre.pool.type;
    let host = this.#nextSpare[type] as number;
    while (host < types.length && (this.#isSpare[host] === 0 || types[host] !== type)) host += 1;
    this.#nextSpare[type] = host + 1;
    if (host < types.length) this.#open.push(host);
  }

  /** Finds a place for each VM, the one that wants most first; with `isAllOrNothing` for all of them or for none. */
  #placeAll(vms: number[], isAllOrNothing: boolean): Move[] {
    const { requested } = this.#centre;
    vms.sort((a, b) => (requested[b] as number) - (requested[a] as number));
    const moves: Move[] = [];
    for (const vm of vms) {
      const target = this.#placeFor(vm);
      if (target !== NO_HOST) {
        this.#add(target, vm);
        moves.push({ vm, target });
      } else if (isAllOrNothing) {
        for (const move of moves) this.#remove(move.target, move.vm);
        return [];
      }
    }
    return moves;
  }

  /** Power-aware best fit: the host whose power rises the least, the first of equals. */
  #placeFor(vm: number): number {
    const { pool } = this.#centre;
    const { coreMips, mips } = pool;
    const request = this.#centre.requested[vm] as number;
    const open = this.#open;
    const available = this.#available;
    const watts = this.#watts;
    let least = Number.POSITIVE_INFINITY;
    let best = NO_HOST;
    for (let index = 0; index < open.length; index++) {
      const host = open[index] as number;
      if ((available[host] as number) < request || (coreMips[host] as number) < request) continue;
      const used = this.#used[host] as number;
      const utilisation = (used + request) / (mips[host] as number);
      if (utilisation > 1) continue;
      const rise = pool.watts(host, utilisation) - (watts[host] as number);
      if (rise > least || (rise === least && host > best)) continue;
      // Asked last, since it costs most.
      if (used !== 0 && this.#wouldOverload(host, vm, request)) continue;
      least = rise;
      best = host;
    }
    return best;
  }

  #wouldOverload(host: number, vm: number, request: number): boolean {
    const wanted = (this.#wanted[host] as number) + request;
    return this.#check.isOverloaded(host, this.#list(host), vm, wanted);
  }

  #add(host: number, vm: number): void {
    const list = this.#ownList(host);
    if (this.#isSpare[host] === 1 && list.length === 0) {
      this.#openSpare(this.#centre.pool.type[host] as number);
    }
    list.push(vm);
    const request = this.#centre.requested[vm] as number;
    this.#available[host] = (this.#available[host] as number) - request;
    this.#used[host] = (this.#used[host] as number) + request;
    this.#wanted[host] = (this.#wanted[host] as number) + request;
    this.#check.history?.extend(host, vm);
  }

  #remove(host: number, vm: number): void {
    const list = this.#ownList(host);
    list.splice(list.indexOf(vm), 1);
    const { shares, arriving } = this.#centre;
    shares.shareOut(host, list, arriving[host] as number[]);
    this.#available[host] = shares.available;
    this.#used[host] = shares.used;
    this.#wanted[host] = shares.wanted;
    this.#check.history?.forget(host);
  }

  #ownList(host: number): number[] {
    const known = this.#lists.get(host);
    if (known !== undefined) return known;
    const list = (this.#centre.vms[host] as number[]).slice();
    this.#lists.set(host, list);
    return list;
  }

  /** Empties hosts, the least used first; none that has taken VMs of another emptied one. */
  #emptyHosts(overloaded: ReadonlySet<number>, moves: Move[]): void {
    const { hosts, spent } = this.#centre;
    const utilisation = this.#utilisation;
    this.#open = [];
    this.#isSpare.fill(0);
    for (let host = 0; host < hosts; host++) {
      if (!overloaded.has(host) && spent[host] !== 0) this.#open.push(host);
    }
    const candidates = this.#open.filter((h) => utilisation(h) < 1 && this.#canBeEmptied(h));
    candidates.sort((a, b) => utilisation(a) - utilisation(b));
    const taking = new Set<number>();
    for (const host of candidates) {
      if (taking.has(host)) continue;
      this.#open.splice(this.#open.indexOf(host), 1);
      const leaving = this.#list(host).filter((vm) => this.#centre.isMoving[vm] === 0);
      for (const move of this.#placeAll(leaving, true)) {
        taking.add(move.target);
        moves.push(move);
      }
    }
  }

  readonly #utilisation = (host: number): number => this.#centre.utilisation(host);

  /** Whether a host has a VM that is not moving, before any that is only on its way to it. */
  #canBeEmptied(host: number): boolean {
    const { isMoving, arriving } = this.#centre;
    for (const vm of this.#list(host)) {
      if (isMoving[vm] === 0) return true;
      if ((arriving[host] as number[]).includes(vm)) return false;
    }
    return false;
  }
}
