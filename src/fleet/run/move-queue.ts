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
  readonly #running = { total: 0, from: new Map<number, number>(), to: new Map<number, number>() };
  readonly #into = new Map<number, number>();

  constructor(limits: MigrationLimits) {
    this.#limits = limits;
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
    return this.#into.get(host) ?? 0;
  }

  outgoing(host: number): number {
    return this.#running.from.get(host) ?? 0;
  }

  incoming(host: number): number {
    return this.#running.to.get(host) ?? 0;
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
    this.#into.clear();
    return all;
  }

  get #hasTurn(): boolean {
    return this.#running.total < this.#limits.total;
  }

  #count(from: number, to: number, by: number): void {
    this.#running.total += by;
    add(this.#running.from, from, by);
    add(this.#running.to, to, by);
  }
}

function add(counts: Map<number, number>, key: number, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
