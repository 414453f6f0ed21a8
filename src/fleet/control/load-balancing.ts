import { formatShare } from "../../quantity-text.js";
import type { Nanoseconds, Share } from "../../units.js";
import { Draft } from "./draft.js";
import { bandwidthBetween, type ControllerContext } from "./estimate.js";
import { leastLoaded } from "./placement.js";
import { type Controller, emptyPlan, type Plan } from "./plan.js";
import type { Snapshot, VmState } from "./snapshot.js";

/** When and how far load is evened out. */
export interface LoadBalancingSettings {
  /** Standard deviation of the hosts' utilisation above which something is done. */
  readonly above: Share;
  /** And down to which it is done: the gap between the two keeps VMs from going to and fro. */
  readonly downTo: Share;
  /** Utilisation to which a target may be filled. */
  readonly fill: Share;
  /** Moves of one look, at most. */
  readonly maxMoves: number;
  /** How long a VM stays where it is after a move. */
  readonly restNs: Nanoseconds;
}

/** A move that would even load out. */
interface Candidate {
  readonly vm: number;
  readonly to: number;
  /** How much smaller the sum of squared utilisations gets. */
  readonly gain: number;
  /** The gain by the time that the move takes. */
  readonly worth: number;
}

/**
 * Evens out the utilisation of the hosts that are in service: while its standard deviation is too large, the
 * fullest host gives the VM that gains most for the time its move takes to the emptiest host that takes it
 * (the measure of VMware's DRS and of OpenStack Watcher's workload stabilization).
 */
export function createLoadBalancing(
  settings: LoadBalancingSettings,
  context: ControllerContext,
): Controller {
  const name = "load-balancing";
  return {
    name,
    decide(snapshot): Plan {
      const balance = new Balance(name, snapshot, settings, context);
      return balance.deviation() > settings.above ? balance.even() : emptyPlan(name);
    },
  };
}

class Balance {
  readonly #draft: Draft;
  readonly #settings: LoadBalancingSettings;
  readonly #context: ControllerContext;
  readonly #exhausted = new Set<number>();
  #sum = 0;
  #squares = 0;

  constructor(
    name: string,
    snapshot: Snapshot,
    settings: LoadBalancingSettings,
    context: ControllerContext,
  ) {
    this.#settings = settings;
    this.#context = context;
    this.#draft = new Draft(name, snapshot, { fill: settings.fill });
    const order = this.#draft.room.byUtilisation();
    for (let place = 0; place < order.length; place += 1) {
      this.#count(this.#draft.room.utilisation(order.at(place)), 1);
    }
  }

  /** Standard deviation of the utilisation of the hosts that take VMs. */
  deviation(): Share {
    const hosts = this.#draft.room.byUtilisation().length;
    if (hosts === 0) return 0;
    const mean = this.#sum / hosts;
    return Math.sqrt(Math.max(0, this.#squares / hosts - mean * mean));
  }

  even(): Plan {
    const { downTo, maxMoves } = this.#settings;
    while (this.deviation() > downTo && this.#draft.length < maxMoves) {
      const host = this.#fullest();
      if (host < 0) break;
      const best = this.#best(host);
      if (best === null) this.#giveUp(host);
      else this.#move(host, best);
    }
    return this.#draft.plan();
  }

  /** The fullest host from which something may still go; -1: none above the mean. */
  #fullest(): number {
    const { room } = this.#draft;
    const order = room.byUtilisation();
    const mean = this.#sum / order.length;
    for (let place = order.length - 1; place >= 0; place -= 1) {
      const host = order.at(place);
      if (room.utilisation(host) <= mean) break;
      if (!this.#exhausted.has(host)) return host;
    }
    return -1;
  }

  #best(host: number): Candidate | null {
    let best: Candidate | null = null;
    for (const vm of this.#draft.snapshot.hosts[host]?.vms ?? []) {
      const state = this.#draft.snapshot.vm(vm);
      if (state === undefined || !this.#hasRested(state)) continue;
      if (this.#draft.whyNotMovable(vm) !== null) continue;
      const candidate = this.#candidate(host, state);
      if (candidate !== null && candidate.worth > (best?.worth ?? 0)) best = candidate;
    }
    return best;
  }

  #candidate(from: number, state: VmState): Candidate | null {
    const { room } = this.#draft;
    const party = room.party(state);
    const to = leastLoaded(room, party).host;
    if (to === null) return null;
    const gain =
      fall(room.utilisation(from), -party.cpu / this.#capacity(from)) +
      fall(room.utilisation(to), party.cpu / this.#capacity(to));
    if (gain <= 0) return null;
    const { fleet, estimate } = this.#context;
    const outlook = estimate(state.vm, bandwidthBetween(fleet, from, to), null);
    if (outlook.converges === false) return null;
    return { vm: state.vm, to, gain, worth: gain / Math.max(1, outlook.ns) };
  }

  #move(from: number, { vm, to }: Candidate): void {
    const { room } = this.#draft;
    const before = [room.utilisation(from), room.utilisation(to)] as const;
    const because = `${formatShare(before[0])} of its host is used, ${formatShare(before[1])} of the other`;
    if (this.#draft.move(vm, to, because) !== null) {
      this.#exhausted.add(from);
      return;
    }
    for (const share of before) this.#count(share, -1);
    for (const host of [from, to]) this.#count(room.utilisation(host), 1);
  }

  #giveUp(host: number): void {
    this.#exhausted.add(host);
    const used = formatShare(this.#draft.room.utilisation(host));
    this.#draft.refuse(
      null,
      host,
      `it is used by ${used} and stays so: none of its VMs can go to where it would even load out`,
    );
  }

  #hasRested({ movedAtNs }: VmState): boolean {
    return movedAtNs === null || this.#draft.snapshot.now - movedAtNs >= this.#settings.restNs;
  }

  #capacity(host: number): number {
    return this.#draft.snapshot.hosts[host]?.capacity ?? 1;
  }

  #count(share: Share, sign: 1 | -1): void {
    this.#sum += sign * share;
    this.#squares += sign * share * share;
  }
}

/** How much the square of a share falls when the share changes. */
function fall(share: Share, change: number): number {
  return share * share - (share + change) * (share + change);
}
