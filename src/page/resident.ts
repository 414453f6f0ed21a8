import type { MigrationReport } from "../migration/report.js";
import { formatBytes } from "../quantity-text.js";
import type { Bytes, Milliseconds } from "../units.js";
import type { Demand } from "./abilities.js";
import type { ConsoleView } from "./console-view.js";
import { MachineThread } from "./machine-thread.js";
import type { MapView } from "./map-view.js";
import type { MoveView } from "./move-view.js";
import { notice } from "./notices.js";
import type { ScreenView } from "./screen-view.js";
import type { MachineAtPlace } from "./tabs.js";
import type { WayIn } from "./way-in.js";
import {
  type FromMachine,
  type GuestChoice,
  type MoveOrder,
  sharedNow,
} from "./worker-messages.js";

/**
 * What the machine of this tab does. `arriving`: it is received and runs elsewhere. `moving`: it is sent,
 * and runs here or there.
 */
export type ResidentState = "none" | "starting" | "running" | "arriving" | "moving";

/** Where the resident is shown. */
export interface ResidentViews {
  readonly console: ConsoleView;
  readonly screen: ScreenView;
  readonly map: MapView;
  readonly move: MoveView;
}

/** The machine in this tab, if there is one. */
export class Resident {
  readonly #views: ResidentViews;
  #state: ResidentState = "none";
  #thread: MachineThread | null = null;
  #name = "";
  #memoryBytes: Bytes = 0;
  #detail = "";
  #mips = 0;
  onChange: () => void = () => undefined;
  /** A machine that moves away stands from now on. */
  onStopped: (at: Milliseconds) => void = () => undefined;
  /** A move from here is over. */
  onMoved: (report: MigrationReport) => void = () => undefined;

  constructor(views: ResidentViews) {
    this.#views = views;
  }

  get state(): ResidentState {
    return this.#state;
  }

  get name(): string {
    return this.#name;
  }

  /** As other places are told of it. */
  get status(): MachineAtPlace | null {
    if (this.#state === "none") return null;
    return { name: this.#name, isReady: this.#state === "running", words: this.words };
  }

  /** What it is and does, for people. */
  get words(): string {
    if (this.#state === "none") return "no machine";
    const size = this.#memoryBytes === 0 ? "" : `, ${formatBytes(this.#memoryBytes)}`;
    const what = `${this.#name || "a machine"}${size}`;
    if (this.#state === "running")
      return `${what}, runs${this.#mips > 0 ? ` at ${this.#mips.toFixed(0)} MIPS` : ""}`;
    return `${what}, is ${this.#state} ${this.#detail}`.trimEnd();
  }

  start(
    name: string,
    guest: GuestChoice,
    memoryBytes: Bytes,
    linux: Readonly<Record<string, string>> | null,
  ): void {
    this.#begin("starting", name, memoryBytes);
    this.#thread?.order({ order: "start", name, guest, memoryBytes, linux });
  }

  /** Takes a machine in over a way that was opened for it. */
  receive(wayIn: WayIn, demand: Demand): void {
    this.#begin("arriving", "", 0);
    this.#detail = `from ${wayIn.peer}`;
    this.#views.move.begin(`A machine is arriving ${this.#detail}.`);
    this.#thread?.order({ order: "receive", wayIn, demand }, [wayIn.port]);
    this.onChange();
  }

  move(order: MoveOrder, towards: string): void {
    this.#state = "moving";
    this.#detail = towards;
    this.#views.move.begin(`${this.#name} is moving ${towards} by ${order.strategy}.`);
    this.#thread?.order({ order: "move", ...order });
    this.onChange();
  }

  /** Gives a move up, while that can be done. */
  abort(): void {
    this.#thread?.order({ order: "abort" });
  }

  type(text: string): void {
    this.#thread?.order({ order: "type", text });
  }

  /** Ends the machine for good. */
  end(): void {
    this.#leave("");
  }

  #begin(state: ResidentState, name: string, memoryBytes: Bytes): void {
    this.#thread?.end();
    this.#state = state;
    this.#name = name;
    this.#memoryBytes = memoryBytes;
    this.#mips = 0;
    this.#views.console.begin();
    this.#views.screen.show(null);
    this.#thread = new MachineThread((tidings) => this.#hear(tidings));
    this.onChange();
  }

  #leave(words: string): void {
    this.#thread?.end();
    this.#thread = null;
    this.#state = "none";
    this.#views.map.show(null);
    this.#views.screen.leave(words);
    this.onChange();
  }

  #hear(tidings: FromMachine): void {
    const { console, screen, map, move } = this.#views;
    switch (tidings.tells) {
      case "serial":
        console.write(tidings.text);
        break;
      case "screen":
        screen.show(tidings.lines);
        break;
      case "map":
        map.show(tidings.picture);
        break;
      case "round":
        move.round(tidings.round);
        break;
      case "speed":
        this.#mips = tidings.mips;
        this.onChange();
        break;
      case "stopped":
        this.#stopped();
        break;
      case "arriving":
      case "running":
        this.#settle(tidings);
        break;
      case "moved":
        this.#moved(tidings.report);
        break;
      case "stays":
        this.#stays(tidings.words);
        break;
      case "failed":
        this.#failed(tidings.words);
        break;
    }
  }

  #stopped(): void {
    const at = sharedNow();
    this.#views.move.stopped(at);
    this.onStopped(at);
  }

  #settle({
    tells,
    name,
    memoryBytes,
  }: Extract<FromMachine, { tells: "arriving" | "running" }>): void {
    this.#name = name;
    this.#memoryBytes = memoryBytes;
    if (tells === "running") {
      if (this.#state === "arriving") this.#views.move.running();
      this.#state = "running";
    }
    this.onChange();
  }

  #moved(report: MigrationReport): void {
    this.#views.move.report(report);
    if (report.runningOn === "target") this.#leave(`${this.#name} has moved ${this.#detail}.`);
    else this.#stays(report.reason);
    this.onMoved(report);
  }

  #stays(reason: string): void {
    const words = `${this.#name} did not move ${this.#detail}: ${reason}. It runs on here.`;
    notice(words);
    this.#views.move.failed(words);
    this.#state = "running";
    this.onChange();
  }

  #failed(words: string): void {
    const wasArriving = this.#state === "arriving";
    notice(wasArriving ? `The machine did not arrive: ${words}` : words);
    this.#views.move.failed(words);
    this.#leave("");
  }
}
