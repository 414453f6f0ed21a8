import type { Machine } from "../machine/machine.js";
import type { MigrationProgress } from "../migration/migration.js";
import { type MoveOptions, type MoveReport, moveMachine } from "../move/source.js";
import type { Redialled } from "../move/source-owner.js";
import { type Milliseconds, pagesToBytes } from "../units.js";
import { dialHost } from "./dial.js";
import { Refusals } from "./refusals.js";
import type { FromThread, MoveOrder, ThreadTask } from "./thread-messages.js";

/** Progress is for people: a message for each batch would cost more than the batch. */
const TELL_EVERY: Milliseconds = 50;

/** A move away from this thread. */
export class Outbound {
  readonly #machine: Machine;
  readonly #task: ThreadTask;
  readonly #order: MoveOrder;
  readonly #tell: (event: FromThread) => void;
  readonly #abort = new AbortController();
  #isInDoubt = false;
  readonly #refusals = new Refusals();

  constructor(
    machine: Machine,
    task: ThreadTask,
    order: MoveOrder,
    tell: (event: FromThread) => void,
  ) {
    this.#machine = machine;
    this.#task = task;
    this.#order = order;
    this.#tell = tell;
  }

  /** Gives it up, unless the machine is the target's already. */
  cancel(): void {
    this.#abort.abort();
  }

  /**
   * Dials the target and moves the machine there.
   *
   * @throws InvalidOptionError, PeerFailedError when it could not begin; the machine runs on here.
   */
  async run(): Promise<MoveReport> {
    const { name, incarnation } = this.#task;
    const { moveId, to, credentials, strategy, settings } = this.#order;
    const { kind, memory } = this.#machine;
    const memoryBytes = pagesToBytes(memory.pageCount);
    const { signal } = this.#abort;
    const machine = { name, kind, memoryBytes };
    const from = { incarnation, address: this.#order.from };
    const request = { purpose: "move", moveId, machine, from } as const;
    const frames = await dialHost(to, credentials, request, signal);
    this.#tell({ type: "begun" });
    return moveMachine(this.#machine, frames, {
      ...(settings as MoveOptions),
      ...{ strategy, name, moveId, signal },
      redial: () => this.#redial(),
      onRound: (round) => this.#tell({ type: "round", round }),
      onProgress: this.#teller(),
    });
  }

  /** The connection was cut after the commit: only the target knows whether the machine runs there. */
  async #redial(): Promise<Redialled> {
    const { moveId, to, credentials } = this.#order;
    this.#doubt(true);
    try {
      const frames = await dialHost(to, credentials, { purpose: "rejoin", moveId });
      this.#refusals.forget();
      this.#doubt(false);
      return frames;
    } catch (error) {
      const isDead = this.#refusals.prove(error);
      if (isDead) this.#doubt(false);
      return isDead ? "dead" : "away";
    }
  }

  #doubt(isInDoubt: boolean): void {
    if (isInDoubt === this.#isInDoubt) return;
    this.#isInDoubt = isInDoubt;
    const { to } = this.#order;
    this.#tell({ type: "doubt", isInDoubt });
    const text = isInDoubt
      ? `the connection to ${to} is lost; dialling again`
      : `${to} is reached again, or known to have ended`;
    this.#tell({ type: "note", text });
  }

  #teller(): (progress: MigrationProgress) => void {
    let toldAt = 0;
    return (progress) => {
      const now = Date.now();
      if (now - toldAt < TELL_EVERY) return;
      toldAt = now;
      this.#tell({ type: "progress", progress });
    };
  }
}
