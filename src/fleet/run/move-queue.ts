import type { StrategyName } from "../../migration/report.js";
import type { Nanoseconds } from "../../units.js";
import type { MigrationLimits } from "../model/fleet.js";

/** A move that somebody wants. */
export interface MoveRequest {
  readonly vm: number;
  readonly to: number;
  /** Null: as its flavour says. */
  readonly strategy: StrategyName | null;
  readonly askedBy: string;
  readonly because: string;
  readonly askedNs: Nanoseconds;
}

/** Whether a request can begin now. `wait`: not yet; otherwise why it never will. */
export type Readiness = "ready" | "wait" | { readonly refusal: string };

/** Moves that wait for their turn, first come first served where limits allow it. */
export class MoveQueue {
  readonly #limits: MigrationLimits;
  #waiting: MoveRequest[] = [];
  #running = 0;
  /** Of each host: moves under way from it and to it, and those that wait to go there. */
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  readonly #into: Int32Array;

  constructor(limits: MigrationLimits, hosts: number) {
    this.#limits = limits;
    this.#from = new Int32Array(hosts);
    this.#to = new Int32Array(hosts);
    this.#into = new Int32Array(hosts);
  }

  get length(): number {
    return this.#waiting.length;
  }

  get waiting(): readonly MoveRequest[] {
    return this.#waiting;
  }

  add(request: MoveRequest): void {
    this.#waiting.push(request);
    add(this.#into, request.to, 1);
  }

  /** How many moves wait to go to a host. */
  waitingFor(host: number): number {
    return this.#into[host] as number;
  }

  outgoing(host: number): number {
    return this.#from[host] as number;
  }

  incoming(host: number): number {
    return this.#to[host] as number;
  }

  /** Whether the limits let one more move go between two hosts. */
  hasRoom(from: number, to: number): boolean {
    const { perSource, perTarget } = this.#limits;
    return this.#hasTurn && this.outgoing(from) < perSource && this.incoming(to) < perTarget;
  }

  began(from: number, to: number): void {
    this.#count(from, to, 1);
  }

  ended(from: number, to: number): void {
    this.#count(from, to, -1);
  }

  /** Begins or refuses what can be, in order; the rest goes on waiting. */
  serve(
    readiness: (request: MoveRequest) => Readiness,
    begin: (request: MoveRequest) => void,
    refuse: (request: MoveRequest, because: string) => void,
  ): void {
    if (this.#waiting.length === 0 || !this.#hasTurn) return;
    const all = this.#waiting;
    const left: MoveRequest[] = [];
    this.#waiting = left;
    for (const [index, request] of all.entries()) {
      if (!this.#hasTurn) {
        this.#waiting = left.concat(all.slice(index));
        return;
      }
      const answer = readiness(request);
      if (answer === "wait") {
        left.push(request);
        continue;
      }
      add(this.#into, request.to, -1);
      if (answer === "ready") begin(request);
      else refuse(request, answer.refusal);
    }
  }

  /** Takes out everything that waits. */
  clear(): readonly MoveRequest[] {
    const all = this.#waiting;
    this.#waiting = [];
    this.#into.fill(0);
    return all;
  }

  get #hasTurn(): boolean {
    return this.#running < this.#limits.total;
  }

  #count(from: number, to: number, by: number): void {
    this.#running += by;
    add(this.#from, from, by);
    add(this.#to, to, by);
  }
}

function add(counts: Int32Array, host: number, by: number): void {
  counts[host] = (counts[host] as number) + by;
}
