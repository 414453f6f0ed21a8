import { isGodwitError } from "../../errors.js";
import type { StrategyName } from "../../migration/report.js";
import { type Nanoseconds, SECOND } from "../../units.js";
import type { GuestPlace, Mover, MoveStep } from "../fluid/mover.js";
import type { Host } from "../model/host.js";
import type { Route } from "../model/topology.js";
import { NOWHERE } from "../model/vms.js";
import { Move, NO_TIMER } from "./move.js";
import type { MoveFlows } from "./move-flows.js";
import { MoveQueue, type MoveRequest, type Readiness } from "./move-queue.js";
import { type Ending, recordOf, refusalOf } from "./move-record.js";
import type { MigrationRecord } from "./result.js";
import { EVENT, type RunState } from "./run-state.js";

/**
 * Makes what moves a VM over a route.
 *
 * @throws MigrationBlockedError where a device keeps the VM from moving.
 */
export type CreateMover = (
  vm: number,
  route: Route,
  strategy: StrategyName | null,
) => { readonly mover: Mover; readonly isExact: boolean };

/** What a run does about the VMs and hosts that moves concern. */
export interface MoveSurroundings {
  isClosed(host: number): boolean;
  /** The VM is gone with the host that had it. */
  lost(vm: number): void;
}

/** Executes migrations: waits, flows, and where the guest is meanwhile. */
export class MoveRunner {
  readonly #state: RunState;
  readonly #create: CreateMover;
  readonly #flows: MoveFlows;
  readonly #around: MoveSurroundings;
  readonly records: MigrationRecord[] = [];
  readonly queue: MoveQueue;
  /** Moves by slot, whose number is the subject of events. */
  readonly #moves: (Move | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #ofVm = new Map<number, Move>();
  /** When the last move of a VM ended. */
  readonly #movedAt = new Map<number, Nanoseconds>();
  /** How the step that is over went; movers read it at once. */
  readonly #stepEnd = { now: Number.NaN, elapsedNs: Number.NaN, guestNs: Number.NaN };
  /** Something changed that may let a waiting move begin. */
  #mayServe = false;
  #started = 0;
  readonly #loss = { slowed: 0, stoodStill: 0 };

  constructor(state: RunState, create: CreateMover, flows: MoveFlows, around: MoveSurroundings) {
    this.#state = state;
    this.#create = create;
    this.#flows = flows;
    this.#around = around;
    this.queue = new MoveQueue(state.fleet.limits, state.fleet.hosts.length);
  }

  get running(): number {
    return this.#ofVm.size;
  }

  /** How many have begun so far. */
  get started(): number {
    return this.#started;
  }

  /** Core seconds that guests wanted and lost to their own migrations that have ended. */
  get lossCoreS(): { readonly slowed: number; readonly stoodStill: number } {
    return this.#loss;
  }

  get movingVms(): ReadonlySet<number> {
    return new Set(this.#ofVm.keys());
  }

  /** When the last move of a VM ended, whatever came of it; null: it never moved. */
  movedAt(vm: number): Nanoseconds | null {
    return this.#movedAt.get(vm) ?? null;
  }

  /** VMs on their way to each host. */
  incomingByHost(): Map<number, number[]> {
    const incoming = new Map<number, number[]>();
    for (const { vm, to, guest } of this.#ofVm.values()) {
      if (guest === "target") continue;
      const list = incoming.get(to);
      if (list) list.push(vm);
      else incoming.set(to, [vm]);
    }
    return incoming;
  }

  outgoingByHost(): Map<number, number> {
    const outgoing = new Map<number, number>();
    for (const { from } of this.#ofVm.values()) outgoing.set(from, (outgoing.get(from) ?? 0) + 1);
    return outgoing;
  }

  request(request: MoveRequest): void {
    this.queue.add(request);
    this.#mayServe = true;
  }

  /** Hosts or VMs changed: what waits is looked at again. */
  lookAgain(): void {
    this.#mayServe = true;
  }

  /** Begins what can begin now. To be called after every event. */
  serve(): void | Promise<void> {
    if (!this.#mayServe) return;
    this.#mayServe = false;
    if (this.queue.length === 0) return;
    const begun: Move[] = [];
    this.queue.serve(
      (request) => this.#readiness(request),
      (request) => {
        const move = this.#begin(request);
        if (move !== null) begun.push(move);
      },
      (request, because) => this.#refuse(request, because),
    );
    return inTurn(begun, (move) => this.#step(move));
  }

  /** A wait is over, if the move that waited is still there. */
  onTimer(slot: number): void | Promise<void> {
    const move = this.#moves[slot];
    if (move === undefined || move.timerNs !== this.#state.now) return;
    move.timerNs = NO_TIMER;
    return this.#step(move);
  }

  /** A flow has carried everything. */
  onFlowEnd(flow: number): void | Promise<void> {
    const move = this.#flows.ended(flow);
    return this.#step(move);
  }

  /** Gives up the move of a VM, if there is one, for a reason. Where the guest ran, it runs on. */
  abort(vm: number, reason: string): void {
    const move = this.#ofVm.get(vm);
    if (move === undefined) return;
    this.#stopStep(move);
    if (move.guest === "stopped") this.#place(move, "source");
    this.#end(move, { outcome: "failed", converged: null, reason });
  }

  /** A host is dead: its moves fail, and guests whose memory was on both sides are lost. */
  hostFailed(host: number, name: string): void {
    for (const move of [...this.#ofVm.values()]) {
      if (move.from !== host && move.to !== host) continue;
      const needsBoth = move.guest === "target";
      this.abort(move.vm, `host ${name} failed`);
      if (needsBoth && move.from === host) this.#around.lost(move.vm);
    }
  }

  /** At the end of a run: what still waits is refused, and what runs is cut off. */
  finish(): void {
    for (const request of this.queue.clear()) {
      this.#refuse(request, this.#whyWaiting(request));
    }
    for (const move of [...this.#ofVm.values()]) this.abort(move.vm, "the simulation ended");
  }

  #readiness({ vm, to }: MoveRequest): Readiness {
    const { load, fleet } = this.#state;
    const from = load.hostOf[vm] as number;
    if (from === NOWHERE) return { refusal: "the VM runs nowhere" };
    if (from === to) {
      return { refusal: `the VM is on ${(fleet.hosts[to] as Host).name} already` };
    }
    if (this.#ofVm.has(vm)) return "wait";
    const power = load.powerOf(to);
    if (power === "failed") return this.#refusal(to, "has failed");
    if (this.#around.isClosed(to)) return this.#refusal(to, "is closed for maintenance");
    if (power === "asleep" || power === "falling-asleep") return this.#refusal(to, "is asleep");
    if (power === "waking") return "wait";
    if (!this.#hasMemory(vm, to)) {
      const mayBecomeFree = this.queue.outgoing(to) > 0;
      return mayBecomeFree ? "wait" : this.#refusal(to, "has no memory left for it");
    }
    return this.queue.hasRoom(from, to) ? "ready" : "wait";
  }

  #refusal(host: number, what: string): Readiness {
    return { refusal: `host ${(this.#state.fleet.hosts[host] as Host).name} ${what}` };
  }

  #whyWaiting({ vm, to }: MoveRequest): string {
    if (!this.#hasMemory(vm, to)) return "the target had no memory for it until the end";
    return "its turn did not come before the end";
  }

  #hasMemory(vm: number, host: number): boolean {
    const { load } = this.#state;
    const used = load.usedBytes[host] as number;
    return used + this.#state.memoryOf(vm) <= (load.memoryBytes[host] as number);
  }

  #begin(request: MoveRequest): Move | null {
    const { now, load, fleet } = this.#state;
    const { vm, to } = request;
    const from = load.hostOf[vm] as number;
    const route = fleet.topology.route(from, to);
    const created = this.#createOr(request, route);
    if (created === null) return null;
    load.settle(from, now);
    load.usedBytes[to] = (load.usedBytes[to] as number) + this.#state.memoryOf(vm);
    const slot = this.#freeSlots.pop() ?? this.#moves.length;
    const { mover, isExact } = created;
    const lost = load.lostNs[vm] as number;
    const move = new Move(slot, request, from, route, mover, isExact, now, lost);
    this.#moves[slot] = move;
    this.#ofVm.set(vm, move);
    this.queue.began(from, to);
    this.#started += 1;
    return move;
  }

  /** What moves the VM; null where something stands against it, which refuses the request. */
  #createOr(request: MoveRequest, route: Route): ReturnType<CreateMover> | null {
    try {
      return this.#create(request.vm, route, request.strategy);
    } catch (error) {
      if (!isGodwitError(error, "MigrationBlockedError")) throw error;
      this.#refuse(request, error.message);
      return null;
    }
  }

  /** Ends the step that is over, and begins the next. */
  #step(move: Move): void | Promise<void> {
    const { now, load } = this.#state;
    const at = load.hostOf[move.vm] as number;
    if (at !== NOWHERE) load.settle(at, now);
    const elapsedNs = now - move.stepNs;
    const lost = load.lostNs[move.vm] as number;
    const guestNs = move.guest === "stopped" ? 0 : elapsedNs - (lost - move.lostAtStep);
    move.stepNs = now;
    move.lostAtStep = lost;
    const end = this.#stepEnd;
    end.now = now;
    end.elapsedNs = elapsedNs;
    end.guestNs = guestNs;
    const next = move.mover.next(end);
    if (next instanceof Promise) return next.then((step) => this.#enter(move, step));
    this.#enter(move, next);
  }

  #enter(move: Move, step: MoveStep): void {
    this.#place(move, step.guest);
    switch (step.kind) {
      case "wait":
        move.timerNs = this.#state.now + step.ns;
        this.#state.queue.push(move.timerNs, EVENT.moveStep, move.slot);
        return;
      case "transfer":
        this.#flows.start(move, step.bytes, step.cap);
        return;
      case "done":
        this.#end(move, step);
    }
  }

  /** The guest runs where the step has it. */
  #place(move: Move, guest: GuestPlace): void {
    if (guest === move.guest) return;
    const { now, load } = this.#state;
    const { vm } = move;
    if (guest === "stopped") {
      load.setPaused(vm, true, now);
      move.stoppedNs = now;
    } else {
      if (guest === "target") {
        load.leave(vm, now);
        load.enter(vm, move.to, now);
      }
      load.setPaused(vm, false, now);
      if (move.guest === "stopped") move.downtimeNs += now - move.stoppedNs;
    }
    move.guest = guest;
  }

  #stopStep(move: Move): void {
    move.timerNs = NO_TIMER;
    this.#flows.cancel(move);
  }

  #end(move: Move, ending: Ending): void {
    const { now, load, fleet } = this.#state;
    const { vm, from, to, mover } = move;
    const at = load.hostOf[vm] as number;
    if (at !== NOWHERE) load.settle(at, now);
    const left = move.guest === "target" ? from : to;
    load.usedBytes[left] = (load.usedBytes[left] as number) - this.#state.memoryOf(vm);
    load.lostNs[vm] = (load.lostNs[vm] as number) + mover.lostNs;
    const lostNs = (load.lostNs[vm] as number) - move.lostAtStart;
    const wants = load.wants[vm] as number;
    this.#loss.slowed += (mover.lostNs / SECOND) * wants;
    this.#loss.stoodStill += (move.downtimeNs / SECOND) * wants;
    this.#moves[move.slot] = undefined;
    this.#freeSlots.push(move.slot);
    this.#ofVm.delete(vm);
    this.#movedAt.set(vm, now);
    this.queue.ended(from, to);
    this.#mayServe = true;
    this.records.push(recordOf(fleet, move, ending, now, lostNs));
  }

  #refuse(request: MoveRequest, because: string): void {
    const { now, load, fleet } = this.#state;
    const from = load.hostOf[request.vm] as number;
    this.records.push(refusalOf(fleet, request, from, now, because));
  }
}

/** One after the other; waits only where something takes time of its own. */
function inTurn<T>(
  items: readonly T[],
  act: (item: T) => void | Promise<void>,
): void | Promise<void> {
  for (const [index, item] of items.entries()) {
    const answer = act(item);
    if (answer instanceof Promise) {
      return answer.then(() => inTurn(items.slice(index + 1), act));
    }
  }
}
