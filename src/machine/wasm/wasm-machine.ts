import { AbortedError, InvalidOptionError } from "../../errors.js";
import type { DirtyBitmap } from "../../kernel/dirty-bitmap.js";
import { type Bytes, PAGE_SIZE, type PageIndex, type Share } from "../../units.js";
import { CompareLog } from "../compare-log.js";
import type { Machine, MachineConfiguration, MachineMemory, PageSource } from "../machine.js";
import { checkApplication, checkImports, type WasmApplication } from "./application.js";
import type { Build } from "./barrier.js";
import { bridgeOf, CAN_SUSPEND, type ImportValues, WasmInstance } from "./instance.js";
import { INITIAL_DATA, START_FUNCTION } from "./instrument.js";
import { WASM_PAGE } from "./layout.js";
import { moduleDigest } from "./module-digest.js";
import { ModuleMemory } from "./module-memory.js";
import { PageMap } from "./page-map.js";
import { makeProgram, type WasmProgram } from "./program.js";
import { Slices, type StepResult } from "./slices.js";
import { decodeState, encodeState, type Status } from "./state.js";

/** Parts that a machine is made of. @internal */
export interface WasmParts {
  readonly application: WasmApplication;
  readonly program: WasmProgram;
  /** SHA-256 of the module, hexadecimal. */
  readonly digest: string;
}

/** How a machine came to its end, by itself. */
export interface WasmEnd {
  /** What the module trapped with; undefined when its step said that it is over. */
  readonly trap: unknown;
}

/** A call that waits for the gap between two steps. */
interface Visit {
  readonly work: () => unknown;
  readonly done: (value: unknown) => void;
  readonly failed: (reason: unknown) => void;
}

/**
 * A WebAssembly module at work, as a machine that can be moved. Its memories, their sizes, its mutable globals
 * and its tables move. The module runs in one of three builds, which take turns between two steps: as it is
 * while nothing moves, with a mark for every page that it writes while writes are logged, and with a check of
 * every page that it touches while pages are absent.
 */
export class WasmMachine implements Machine {
  readonly kind = "wasm";
  readonly configuration: MachineConfiguration;
  readonly memory: MachineMemory;
  readonly demand: "blocking" | "suspending" | null;
  /** The module's memory by its own addresses, to look at or to change between two steps. */
  readonly bytes: ModuleMemory;
  /** Resolves when the module came to its end by itself. A machine that has ended can still be moved. */
  readonly ended: Promise<WasmEnd>;
  readonly #application: WasmApplication;
  readonly #program: WasmProgram;
  readonly #memories: readonly WebAssembly.Memory[];
  readonly #pages: PageMap;
  readonly #imports: ImportValues;
  readonly #fault: CallableFunction;
  readonly #slices: Slices;
  /** What finds the written pages instead of barriers, if that is wished. */
  readonly #comparison: CompareLog | null;
  #instance: WasmInstance;
  #status: Status = "active";
  #end: (end: WasmEnd) => void = () => {};
  #isLogging = false;
  #absent: DirtyBitmap | null = null;
  #source: PageSource | undefined;
  #isDestroyed = false;
  #visits: Visit[] = [];

  /**
   * A machine at the start of its module, standing: the start function and `init` have run, no step has.
   *
   * @throws InvalidOptionError when the module is none or cannot be moved, or lacks what the application names.
   */
  static async create(application: WasmApplication): Promise<WasmMachine> {
    const program = await makeProgram(application.module, application.memoryLimitBytes);
    checkApplication(application, program);
    const digest = await moduleDigest(application.module);
    const machine = new WasmMachine({ application, program, digest });
    for (const name of [INITIAL_DATA, START_FUNCTION, application.init]) {
      if (name !== undefined) machine.#instance.function(name)?.();
    }
    return machine;
  }

  /** An empty machine. @internal */
  constructor({ application, program, digest }: WasmParts) {
    this.#application = application;
    this.#program = program;
    this.#memories = program.layouts.map(({ wasmPages }) => reserve(wasmPages));
    const pages = new PageMap(this.#memories, program.layouts);
    this.#pages = pages;
    this.memory = {
      pageCount: pages.pageCount,
      read: (from, to) => pages.read(from, to),
      write: (from, bytes) => pages.write(from, bytes),
    };
    this.demand = demandOf(application);
    const memoryBytes = program.layouts.map(({ limit }) => limit * WASM_PAGE);
    this.configuration = { module: digest, memoryBytes };
    this.bytes = new ModuleMemory(pages, (page) => this.#bringNow(page));
    this.#imports = application.imports?.(this.bytes) ?? {};
    checkImports(this.#imports, program);
    const suspends = this.demand === "suspending";
    const bring = (page: PageIndex): unknown =>
      suspends ? this.#bring(page) : this.#bringNow(page);
    this.#fault = bridgeOf(bring as (page: PageIndex) => void, suspends);
    this.#comparison = application.log === "compare" ? new CompareLog(this.memory) : null;
    this.#instance = this.#instantiate("plain");
    this.#slices = new Slices(() => this.#step());
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get isRunning(): boolean {
    return this.#slices.isOn;
  }

  async pause(): Promise<void> {
    await this.#slices.stop();
  }

  async resume(began?: () => void): Promise<void> {
    if (this.#isDestroyed) throw new AbortedError("the machine was destroyed");
    await this.#slices.start(began);
  }

  throttle(share: Share): void {
    this.#slices.throttle(share);
  }

  startLog(): void {
    this.#isLogging = true;
    if (this.#comparison) this.#comparison.start();
    else this.#pages.harvest(null);
  }

  stopLog(): void {
    this.#isLogging = false;
    this.#comparison?.stop();
  }

  harvest(into: DirtyBitmap): void {
    if (this.#comparison) this.#comparison.harvest(into);
    else if (this.#isLogging) this.#pages.harvest(into);
  }

  async saveState(): Promise<Uint8Array> {
    const registers = this.#instance.saveRegisters();
    return encodeState({ status: this.#status, registers, tables: this.#savedTables() });
  }

  async loadState(bytes: Uint8Array): Promise<void> {
    const state = decodeState(bytes, this.#program);
    const instance = this.#instantiate(this.#wantedBuild);
    instance.loadTables(state.tables);
    instance.loadRegisters(state.registers);
    this.#instance = instance;
    this.#status = state.status;
  }

  expectPages(absent: DirtyBitmap | null, source?: PageSource): void {
    if (absent && this.demand === null) {
      throw new InvalidOptionError("absent", "pages", "null: this machine cannot wait for pages");
    }
    this.#absent = absent;
    this.#source = source;
    this.#pages.expect(absent);
  }

  /**
   * Calls an exported function between two steps, and resolves with what it returns. While the machine
   * stands this waits until it runs again.
   *
   * @throws InvalidOptionError when the module exports no such function; AbortedError when the machine is destroyed before.
   */
  call(name: string, ...args: unknown[]): Promise<unknown> {
    if (!this.#instance.function(name)) {
      throw new InvalidOptionError("name", name, "name of a function that the module exports");
    }
    return new Promise((done, failed) => {
      const work = (): unknown => {
        if (this.#isSuspending) return this.#instance.promising(name)(...args);
        return this.#instance.function(name)?.(...args);
      };
      this.#visits.push({ work, done, failed });
      this.#slices.wake();
    });
  }

  destroy(): void {
    this.#isDestroyed = true;
    void this.#slices.stop();
    for (const { failed } of this.#visits.splice(0)) {
      failed(new AbortedError("the machine was destroyed"));
    }
  }

  get #wantedBuild(): Build {
    if (this.#absent) return "demand";
    return this.#isLogging && !this.#comparison ? "log" : "plain";
  }

  get #isSuspending(): boolean {
    return this.demand === "suspending" && this.#instance.build === "demand";
  }

  #instantiate(build: Build): WasmInstance {
    try {
      return new WasmInstance(this.#program, build, this.#memories, this.#imports, this.#fault);
    } catch (error) {
      if (!(error instanceof WebAssembly.LinkError)) throw error;
      throw new InvalidOptionError("imports", error.message, "what the module imports", {
        cause: error,
      });
    }
  }

  /** Puts the build that is wanted in the place of the other. Between two steps there is no stack to move. */
  #exchange(): void {
    const before = this.#instance;
    const instance = this.#instantiate(this.#wantedBuild);
    instance.loadTables(this.#savedTables());
    instance.loadRegisters(before.saveRegisters());
    this.#instance = instance;
  }

  #savedTables(): Uint32Array[] {
    return this.#instance.saveTables();
  }

  #step(): StepResult | Promise<StepResult> {
    if (this.#instance.build !== this.#wantedBuild) this.#exchange();
    const { step } = this.#application;
    if (this.#isSuspending) return this.#suspendingStep(step);
    for (const { work, done, failed } of this.#visits.splice(0)) {
      try {
        done(work());
      } catch (error) {
        failed(error);
      }
    }
    if (this.#status !== "active") return -1;
    try {
      return this.#resultOf(this.#instance.function(step)?.());
    } catch (trap) {
      return this.#over("trapped", trap);
    }
  }

  async #suspendingStep(step: string): Promise<StepResult> {
    for (const { work, done, failed } of this.#visits.splice(0)) {
      await Promise.resolve().then(work).then(done, failed);
    }
    if (this.#status !== "active") return -1;
    try {
      return this.#resultOf(await this.#instance.promising(step)());
    } catch (trap) {
      return this.#over("trapped", trap);
    }
  }

  #resultOf(value: unknown): StepResult {
    if (value === undefined) return 0;
    const result = Number(value);
    return result < 0 ? this.#over("ended", undefined) : result || 0;
  }

  #over(status: Status, trap: unknown): StepResult {
    this.#status = status;
    this.#end({ trap });
    return -1;
  }

  /** Waits for an absent page with the thread. */
  #bringNow(page: PageIndex): void {
    if (this.#absent?.has(page)) {
      if (this.demand !== "blocking" || !this.#source) throw cannotWait(page);
      this.#source.fetchNow(page);
    }
    this.#pages.arrive(page);
  }

  /** Waits for an absent page with the module's stack. */
  async #bring(page: PageIndex): Promise<void> {
    if (this.#absent?.has(page)) await this.#source?.fetch(page);
    this.#pages.arrive(page);
  }
}

function cannotWait(page: PageIndex): InvalidOptionError {
  const address: Bytes = page * PAGE_SIZE;
  return new InvalidOptionError(
    "address",
    address,
    "an address whose page has arrived, since a suspending machine cannot wait for it outside of its module",
  );
}

function demandOf({ demand = "blocking" }: WasmApplication): WasmMachine["demand"] {
  return demand === "suspending" && !CAN_SUSPEND ? null : demand;
}

function reserve(wasmPages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages });
  } catch (error) {
    throw new InvalidOptionError(
      "memoryLimitBytes",
      wasmPages * WASM_PAGE,
      "as much memory as the engine can give",
      { cause: error },
    );
  }
}
