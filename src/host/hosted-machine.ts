import { Worker } from "node:worker_threads";
import { InvalidOptionError, PeerFailedError } from "../errors.js";
import type { MoveReport } from "../move/source.js";
import type { LostPages } from "../move/target.js";
import type { Bytes } from "../units.js";
import type { MachineState, MachineStatus } from "./control-messages.js";
import { OutputRing } from "./output-ring.js";
import { errorOf } from "./refusal.js";
import type { FromThread, MoveOrder, ThreadTask, ToThread } from "./thread-messages.js";

/** Whoever looks at a machine's console. */
export interface ConsoleViewer {
  output(bytes: Uint8Array): void;
  /** The machine has gone; it may run on somewhere else. */
  ended(movedTo: string | null, reason: string): void;
}

/** Hears how a move goes. */
export type MoveListener = (
  event: FromThread & { type: "begun" | "round" | "progress" | "note" },
) => void;

interface PendingMove {
  readonly to: string;
  readonly told: MoveListener;
  resolve(report: MoveReport): void;
  reject(error: Error): void;
}

const OUTPUT_KEPT: Bytes = 64 * 1024;
/** A thread that does not answer after this is ended by force: it may be waiting for a page. */
const STOP_PATIENCE_MS = 2000;
/** Whoever asked for its last move hears that it is over a moment before its new host does. */
const ARRIVAL_PATIENCE_MS = 5000;

/** A machine of this host, as the host's main thread sees it: the thread that it lives in, its console, its move. */
export class HostedMachine {
  readonly name: string;
  readonly kind: string;
  readonly memoryBytes: Bytes;
  /** The host that it came from; null: it was started here. */
  readonly cameFrom: string | null;
  /** Resolves when it is this host's and runs; rejects when nothing came of it. */
  readonly begun: Promise<void>;
  /** Resolves when its thread has ended. */
  readonly gone: Promise<void>;
  /** Resolves when it is not this host's any more; its thread may still say the last words of a move. */
  readonly left: Promise<void>;
  readonly #thread: Worker;
  readonly #output = new OutputRing(OUTPUT_KEPT);
  readonly #viewers = new Set<ConsoleViewer>();
  readonly #beganAt: number = Date.now();
  #state: MachineState;
  #reason: string | null = null;
  #move: PendingMove | null = null;
  #movedTo: string | null = null;
  /** Whether its thread ends on purpose. */
  #isLeaving = false;
  #leave: () => void = () => undefined;
  #begin: { resolve(): void; reject(error: Error): void } | null = null;
  #arrive: () => void = () => undefined;
  /** Resolves when it is wholly here, or will never be. */
  readonly #arrived = new Promise<void>((resolve) => {
    this.#arrive = resolve;
  });

  constructor(task: ThreadTask, kind: string, cameFrom: string | null) {
    this.name = task.name;
    this.kind = kind;
    this.memoryBytes = task.memoryBytes;
    this.cameFrom = cameFrom;
    this.#state = task.origin.from === "start" ? "starting" : "arriving";
    this.begun = new Promise((resolve, reject) => {
      this.#begin = { resolve, reject };
    });
    // Whoever does not wait for it does not want to hear of it either.
    this.begun.catch(() => undefined);
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
    this.#thread = startThread(task);
    this.#thread.on("message", (message: FromThread) => this.#hear(message));
    this.#thread.on("error", (error) => this.#lose(`its thread failed: ${error.message}`));
    this.gone = new Promise((resolve) => {
      this.#thread.on("exit", (code) => {
        this.#exited(code);
        resolve();
      });
    });
  }

  get state(): MachineState {
    return this.#state;
  }

  /** Where it went; null while it has not. */
  get movedTo(): string | null {
    return this.#movedTo;
  }

  /** What `ps` shows. */
  get status(): MachineStatus {
    const { name, kind, memoryBytes, cameFrom } = this;
    const detail = this.#move?.to ?? this.#reason;
    const uptimeMs = Math.max(0, Date.now() - this.#beganAt);
    return { name, kind, memoryBytes, state: this.#state, detail, cameFrom, uptimeMs };
  }

  /** Shows the viewer what was printed last, and whatever is from now on; answers how to leave. */
  attach(viewer: ConsoleViewer): () => void {
    const printed = this.#output.read();
    if (printed.length > 0) viewer.output(printed);
    this.#viewers.add(viewer);
    return () => this.#viewers.delete(viewer);
  }

  /** Types. */
  type(bytes: Uint8Array): void {
    this.#post({ type: "console", bytes });
  }

  /**
   * Moves it away. Answers a report however it went; {@link HostedMachine.cancel} gives it up.
   *
   * @throws InvalidOptionError, PeerFailedError when it could not even begin; the machine runs on.
   */
  async move(order: MoveOrder, told: MoveListener): Promise<MoveReport> {
    await this.#arrival();
    this.#refuseUnlessRunning("moved");
    this.#state = "moving";
    return new Promise((resolve, reject) => {
      this.#move = { to: order.to, told, resolve, reject };
      this.#post({ type: "move", order });
    });
  }

  /** Asks a move to be given up; once the machine is the target's it goes on. */
  cancel(): void {
    if (this.#move !== null) this.#post({ type: "cancel" });
  }

  /**
   * Ends it; what it had in memory is lost.
   *
   * @param isForced - Also when it moves, or is not known to be anywhere else.
   */
  async stop(isForced: boolean): Promise<void> {
    if (!isForced) await this.#arrival();
    const isOver = this.#state === "lost" || this.#state === "incomplete";
    if (!isForced && !isOver) this.#refuseUnlessRunning("stopped");
    this.#isLeaving = true;
    this.#reason = "it was stopped";
    this.#post({ type: "stop" });
    const force = setTimeout(() => void this.#thread.terminate(), STOP_PATIENCE_MS);
    await this.gone;
    clearTimeout(force);
  }

  /** Waits a moment for the last pages of a machine that runs here already. */
  async #arrival(): Promise<void> {
    if (this.#state !== "arriving") return;
    const patience = setTimeout(this.#arrive, ARRIVAL_PATIENCE_MS);
    await this.#arrived;
    clearTimeout(patience);
  }

  #refuseUnlessRunning(verb: string): void {
    if (this.#state === "running") return;
    const to = this.#move === null ? "" : ` to ${this.#move.to}`;
    const now = this.#state === "in-doubt" ? "in doubt" : this.#state;
    throw new InvalidOptionError(
      "name",
      this.name,
      `a machine that can be ${verb}; it is ${now}${to}`,
    );
  }

  #post(message: ToThread): void {
    this.#thread.postMessage(message);
  }

  #hear(message: FromThread): void {
    switch (message.type) {
      case "output":
        this.#output.add(message.bytes);
        for (const viewer of this.#viewers) viewer.output(message.bytes);
        return;
      case "running":
        // One that was started here is complete.
        if (this.#state === "starting") this.#state = "running";
        this.#begin?.resolve();
        return;
      case "arrived":
        this.#state = "running";
        this.#reason = null;
        this.#arrive();
        return;
      case "lost":
        this.#lose(message.reason);
        return;
      case "lost-pages":
        this.#lack(message);
        return;
      case "none":
        this.#isLeaving = true;
        this.#begin?.reject(errorOf(message.refusal, this.cameFrom ?? "this host"));
        this.#leave();
        return;
      case "doubt":
        this.#state = message.isInDoubt ? "in-doubt" : "moving";
        return;
      case "moved":
        this.#moved(message.report);
        return;
      case "not-moved":
        this.#endMove((move) => move.reject(errorOf(message.refusal, move.to)));
        return;
      default:
        this.#move?.told(message);
    }
  }

  /** Its source died: it goes on until it needs one of the pages that never came. */
  #lack({ pages, runs }: LostPages): void {
    const named = runs.map(({ start, end }) => (end - start === 1 ? start : `${start}-${end - 1}`));
    const told = runs.reduce((sum, { start, end }) => sum + end - start, 0);
    if (told < pages) named.push("...");
    this.#state = "incomplete";
    this.#reason = `its source died and it lacks ${pages} pages: ${named.join(", ")}`;
    this.#arrive();
  }

  #moved(report: MoveReport): void {
    if (report.runningOn === "target") {
      this.#isLeaving = true;
      this.#movedTo = this.#move?.to ?? null;
      this.#leave();
    }
    this.#endMove((move) => move.resolve(report));
  }

  #endMove(end: (move: PendingMove) => void): void {
    const move = this.#move;
    this.#state = "running";
    this.#move = null;
    if (move !== null) end(move);
  }

  #lose(reason: string): void {
    this.#reason ??= reason;
    this.#state = "lost";
    this.#arrive();
  }

  #exited(code: number): void {
    this.#arrive();
    if (!this.#isLeaving) this.#lose(`its thread ended with code ${code}`);
    const reason = this.#reason ?? "it has gone";
    for (const viewer of this.#viewers) viewer.ended(this.#movedTo, reason);
    this.#viewers.clear();
    this.#begin?.reject(new PeerFailedError(this.name, reason));
    this.#endMoveOfLost(reason);
    this.#leave();
  }

  #endMoveOfLost(reason: string): void {
    const move = this.#move;
    this.#move = null;
    move?.reject(new PeerFailedError(this.name, `${reason} while it moved`));
  }
}

function startThread(task: ThreadTask): Worker {
  return new Worker(new URL("./machine-thread.js", import.meta.url), {
    name: `godwit ${task.name}`,
    workerData: task,
    transferList: task.origin.from === "move" ? [task.origin.port, task.origin.door] : [],
    // Flags of this process, such as the loaders of a test runner, are not for the thread.
    execArgv: [],
  });
}
