import { assert } from "../../errors.js";
import { type Bytes, type BytesPerSecond, SECOND } from "../../units.js";
import type { FlowDemand } from "../network/flow.js";
import type { FlowNetwork } from "../network/flow-network.js";
import { type Move, NO_FLOW } from "./move.js";
import type { RunState } from "./run-state.js";

const GIB = 2 ** 30;

/** How flows share links, where that is not as simple as it could be. */
export interface FlowRules {
  /** Part of the links' bandwidth that there is. */
  readonly capacityShare: number;
  /** Part of every flow that also crosses the way back. */
  readonly crossShare: number;
  /** Share of a link that a flow gets, by its route's latency (s) and bandwidths; null: all the same. */
  readonly weightOf: ((latencyS: number, bandwidths: readonly number[]) => number) | null;
}

/** All flows alike, all bandwidth theirs. */
export const EQUAL_FLOWS: FlowRules = { capacityShare: 1, crossShare: 0, weightOf: null };

/**
 * What moves send over the network, and the CPU that sending and receiving takes at both hosts: by the rate
 * that a flow has when it, or another flow of one of its hosts, begins. How flows share links further away
 * would be a look at every flow, for little: a host's own link is where moves of that host meet.
 */
export class MoveFlows {
  readonly #state: RunState;
  readonly #network: FlowNetwork;
  readonly #rules: FlowRules;
  readonly #ofFlow: (Move | undefined)[] = [];
  /** Moves with a flow, by each of their hosts. */
  readonly #atHost = new Map<number, Set<Move>>();
  #bytesSent = 0;

  constructor(state: RunState, network: FlowNetwork, rules: FlowRules) {
    this.#state = state;
    this.#network = network;
    this.#rules = rules;
  }

  /** Bytes of all flows that have ended. */
  get bytesSent(): Bytes {
    return this.#bytesSent;
  }

  start(move: Move, bytes: Bytes, cap: BytesPerSecond): void {
    const { now, fleet } = this.#state;
    const flow = this.#network.start(now, this.#demand(move, bytes, cap));
    move.flow = flow;
    move.flowBytes = bytes;
    this.#ofFlow[flow] = move;
    const { sourceCpuSecondsPerGiB, targetCpuSecondsPerGiB } = fleet.costs;
    if (sourceCpuSecondsPerGiB + targetCpuSecondsPerGiB === 0) return;
    this.#movesAt(move.from).add(move);
    this.#movesAt(move.to).add(move);
    for (const host of [move.from, move.to]) {
      for (const other of this.#movesAt(host)) this.#takeCpu(other);
    }
  }

  /** A flow has carried everything; answers whose it was. */
  ended(flow: number): Move {
    const move = this.#ofFlow[flow];
    assert(move !== undefined, `flow ${flow} belongs to no move`);
    this.#end(move, move.flowBytes);
    return move;
  }

  /** Stops the flow of a move, if it has one. */
  cancel(move: Move): void {
    if (move.flow === NO_FLOW) return;
    this.#end(move, this.#network.cancel(this.#state.now, move.flow));
  }

  #end(move: Move, carried: Bytes): void {
    const { now, load } = this.#state;
    this.#ofFlow[move.flow] = undefined;
    move.flow = NO_FLOW;
    move.bytes += carried;
    this.#bytesSent += carried;
    this.#atHost.get(move.from)?.delete(move);
    this.#atHost.get(move.to)?.delete(move);
    load.take(move.from, -move.sourceCores, now);
    load.take(move.to, -move.targetCores, now);
    move.sourceCores = 0;
    move.targetCores = 0;
  }

  /** What a move's flow takes at the rate that it has now. */
  #takeCpu(move: Move): void {
    const { now, load, fleet } = this.#state;
    const rate = this.#network.rateOf(move.flow) / GIB;
    const source = rate * fleet.costs.sourceCpuSecondsPerGiB;
    const target = rate * fleet.costs.targetCpuSecondsPerGiB;
    load.take(move.from, source - move.sourceCores, now);
    load.take(move.to, target - move.targetCores, now);
    move.sourceCores = source;
    move.targetCores = target;
  }

  #movesAt(host: number): Set<Move> {
    const known = this.#atHost.get(host);
    if (known !== undefined) return known;
    const moves = new Set<Move>();
    this.#atHost.set(host, moves);
    return moves;
  }

  #demand({ route, from, to }: Move, bytes: Bytes, cap: BytesPerSecond): FlowDemand {
    const { crossShare, weightOf } = this.#rules;
    const { links, latencyNs } = route;
    if (crossShare === 0 && weightOf === null) return { route: links, bytes, cap };
    const { topology } = this.#state.fleet;
    const bandwidths = links.map((link) => topology.links[link]?.bandwidth ?? 0);
    return {
      ...{ route: links, bytes, cap, crossShare },
      crossRoute: topology.route(to, from).links,
      weight: weightOf?.(latencyNs / SECOND, bandwidths) ?? 1,
    };
  }
}
