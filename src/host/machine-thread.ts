import { setTimeout as sleep } from "node:timers/promises";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { assert, InvalidOptionError } from "../errors.js";
import type { Machine } from "../machine/machine.js";
import { ReceivedMoves } from "../move/received-moves.js";
import { type LostPages, type ReceivedMachine, receiveMachine } from "../move/target.js";
import { nodePortChannel } from "../transport/node-port-channel.js";
import type { Milliseconds } from "../units.js";
import { FrameStream } from "../wire/frame.js";
import { Door } from "./door.js";
import { consoleOf, loadKind, type MachineConsole, startMachine } from "./machine-kinds.js";
import { Outbound } from "./outbound.js";
import { refusalOf } from "./refusal.js";
import type {
  FromThread,
  MachineOrigin,
  MoveOrder,
  ThreadTask,
  ToThread,
} from "./thread-messages.js";
import { Transcript } from "./transcript.js";

/** A source that does not say that it has let go has probably ended; the machine is whole without it. */
const SETTLE_PATIENCE: Milliseconds = 5000;
/** A socket that was closed has sent the rest by then. */
const LINGER: Milliseconds = 200;

/** Runs of lost pages that are named. */
const RUNS_TOLD = 8;

type OriginOf<F extends MachineOrigin["from"]> = MachineOrigin & { readonly from: F };

/** People read the first few; all of them may be thousands. */
function shortened({ pages, runs }: LostPages): LostPages {
  return { pages, runs: runs.slice(0, RUNS_TOLD) };
}

/** A machine's thread: the machine, its console, and its half of moves. */
class MachineThread {
  readonly #port: MessagePort;
  readonly #task: ThreadTask;
  #machine: Machine | null = null;
  #console: MachineConsole | null = null;
  #outbound: Outbound | null = null;
  readonly #transcript: Transcript;

  constructor(port: MessagePort, task: ThreadTask) {
    this.#port = port;
    this.#task = task;
    this.#transcript = new Transcript((bytes) => this.#tell({ type: "output", bytes }));
    port.on("message", (message: ToThread) => this.#hear(message));
  }

  /** Builds or receives the machine. */
  async begin(): Promise<void> {
    const { origin } = this.#task;
    try {
      if (origin.from === "start") await this.#start(origin);
      else await this.#receive(origin);
    } catch (error) {
      this.#tell({ type: "none", refusal: refusalOf(error) });
      this.#end();
    }
  }

  async #start({ machine, files }: OriginOf<"start">): Promise<void> {
    this.#adopt(await startMachine(machine, files));
    this.#tell({ type: "running" });
    this.#tell({ type: "arrived" });
  }

  async #receive({ kind, port, door, peer }: OriginOf<"move">): Promise<void> {
    const { name, incarnation, memoryBytes } = this.#task;
    const moves = new ReceivedMoves(incarnation);
    const watch = new Door(door, (frames) => void moves.rejoin(frames));
    const received = await receiveMachine(new FrameStream(nodePortChannel(port, peer)), {
      kinds: [await loadKind(kind)],
      limits: { memoryBytes },
      moves,
      rejoinNow: (timeoutMs) => watch.wait(timeoutMs),
      onOffer(offer) {
        if (offer.name === name) return;
        throw new InvalidOptionError("name", offer.name, `${name}, for which there is room`);
      },
      // Before it runs, so that nothing it prints is missed.
      onMachine: (machine) => this.#adopt(machine),
      onLost: (lost) => this.#tell({ type: "lost-pages", ...shortened(lost) }),
    });
    watch.whenDead((reason) => received.sourceDied(reason));
    this.#tell({ type: "running" });
    void this.#follow(received);
  }

  async #follow({ machine, arrived, settled }: ReceivedMachine): Promise<void> {
    try {
      await arrived;
      await Promise.race([settled, sleep(SETTLE_PATIENCE)]);
      this.#tell({ type: "arrived" });
    } catch (error) {
      this.#transcript.flush();
      await machine.pause();
      this.#tell({ type: "lost", reason: (error as Error).message });
    }
  }

  #adopt(machine: Machine): void {
    this.#machine = machine;
    this.#console = consoleOf(machine);
    this.#console?.listen((byte) => this.#transcript.add(byte));
  }

  #hear(message: ToThread): void {
    switch (message.type) {
      case "console":
        this.#console?.type(message.bytes);
        return;
      case "move":
        void this.#move(message.order);
        return;
      case "cancel":
        this.#outbound?.cancel();
        return;
      case "stop":
        this.#end();
    }
  }

  async #move(order: MoveOrder): Promise<void> {
    const machine = this.#machine;
    assert(machine !== null, "a thread without a machine is told to move it");
    const outbound = new Outbound(machine, this.#task, order, (event) => this.#tell(event));
    this.#outbound = outbound;
    try {
      const report = await outbound.run();
      this.#transcript.flush();
      this.#tell({ type: "moved", report });
      if (report.runningOn === "target") this.#end();
    } catch (error) {
      this.#tell({ type: "not-moved", refusal: refusalOf(error) });
    } finally {
      this.#outbound = null;
    }
  }

  #tell(event: FromThread): void {
    this.#port.postMessage(event);
  }

  /** What was told is still read by the host, and what was sent to another host still leaves. */
  #end(): void {
    this.#transcript.flush();
    this.#machine?.destroy();
    setTimeout(() => process.exit(0), LINGER);
  }
}

assert(parentPort !== null, "machine-thread.js is a thread's");
void new MachineThread(parentPort, workerData as ThreadTask).begin();
