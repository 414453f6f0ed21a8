import { InvalidOptionError, WireFormatError } from "../../src/errors.js";
import { DirtyBitmap } from "../../src/kernel/dirty-bitmap.js";
import type {
  Machine,
  MachineConfiguration,
  MachineKind,
  MachineMemory,
  PageSource,
} from "../../src/machine/machine.js";
import { nextTurn } from "../../src/transport/turn.js";
import { PAGE_SIZE, type PageCount, type PageIndex, type Share } from "../../src/units.js";

/** What a counting machine is like. */
export interface CountingConfiguration {
  readonly pageCount: PageCount;
  /** Pages that it writes, from page 0 on. */
  readonly workingSet: PageCount;
  /** Writes of one slice. */
  readonly writesPerSlice: number;
  readonly demand: "blocking" | "suspending" | null;
  /** Bytes of its state. */
  readonly stateBytes: number;
}

const SLOTS = PAGE_SIZE / 4;

/**
 * A machine whose program is a generator of writes: step n writes n into a slot of a page, both drawn from n
 * alone. What its memory must be after n steps can be told from n, so it notices a single lost write, and a state of
 * another moment than its memory.
 */
export class CountingMachine implements Machine {
  readonly kind = "counting";
  readonly configuration: MachineConfiguration;
  readonly memory: MachineMemory;
  readonly demand: "blocking" | "suspending" | null;
  readonly bytes: Uint8Array;
  isRunning = false;
  isDestroyed = false;
  /** Steps so far: its state. */
  count = 0;
  share: Share = 0;
  /** Slices that it ran here. */
  slices = 0;
  /** How many times it announced itself. */
  announced = 0;
  /** Accesses that found their page absent. */
  faults = 0;
  readonly #is: CountingConfiguration;
  readonly #log: DirtyBitmap;
  readonly #words: Uint32Array;
  #isLogging = false;
  #absent: DirtyBitmap | null = null;
  #source: PageSource | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(is: CountingConfiguration) {
    this.#is = is;
    this.configuration = { ...is };
    this.demand = is.demand;
    this.bytes = new Uint8Array(is.pageCount * PAGE_SIZE);
    this.#words = new Uint32Array(this.bytes.buffer);
    this.#log = new DirtyBitmap(is.pageCount);
    this.memory = {
      pageCount: is.pageCount,
      // As much as lies together in a memory that is made of parts.
      read: (from, to) =>
        this.bytes.subarray(from * PAGE_SIZE, Math.min(to, nextPart(from)) * PAGE_SIZE),
      write: (from, bytes) => this.bytes.set(bytes, from * PAGE_SIZE),
    };
  }

  async pause(): Promise<void> {
    this.isRunning = false;
    await this.#running;
  }

  async resume(began?: () => void): Promise<void> {
    if (this.isDestroyed) throw new Error("it is destroyed");
    if (this.isRunning) return;
    this.isRunning = true;
    began?.();
    this.#running = this.#run();
  }

  throttle(share: Share): void {
    this.share = share;
  }

  startLog(): void {
    this.#log.clearAll();
    this.#isLogging = true;
  }

  stopLog(): void {
    this.#isLogging = false;
  }

  harvest(into: DirtyBitmap): void {
    for (const { start, end } of this.#log.runs()) into.markRange(start, end);
    this.#log.clearAll();
  }

  async saveState(): Promise<Uint8Array> {
    const state = new Uint8Array(this.#is.stateBytes).fill(0x5a);
    const view = new DataView(state.buffer);
    view.setFloat64(0, this.count, true);
    view.setFloat64(state.length - 8, this.count, true);
    return state;
  }

  async loadState(state: Uint8Array): Promise<void> {
    if (this.isRunning) throw new Error("it runs");
    if (state.length !== this.#is.stateBytes) throw new WireFormatError("no such state", 0);
    const view = new DataView(state.buffer, state.byteOffset, state.length);
    this.count = view.getFloat64(0, true);
    if (view.getFloat64(state.length - 8, true) !== this.count) {
      throw new WireFormatError("a state that contradicts itself", 0);
    }
  }

  expectPages(absent: DirtyBitmap | null, source?: PageSource): void {
    this.#absent = absent;
    this.#source = source;
  }

  announce(): void {
    this.announced += 1;
  }

  destroy(): void {
    this.isRunning = false;
    this.isDestroyed = true;
  }

  /** Runs some slices while nobody waits for it. */
  runSlices(slices: number): void {
    for (let slice = 0; slice < slices; slice++) {
      for (let left = this.#is.writesPerSlice; left > 0; left--) this.#step();
    }
  }

  /** Pages that are not what so many steps make them. */
  wrongPages(): PageIndex[] {
    const right = new CountingMachine(this.#is);
    for (; right.count < this.count; ) right.#step();
    const wrong: PageIndex[] = [];
    for (let page = 0; page < this.#is.pageCount; page++) {
      const [from, to] = [page * PAGE_SIZE, (page + 1) * PAGE_SIZE];
      if (Buffer.compare(this.bytes.subarray(from, to), right.bytes.subarray(from, to)) !== 0) {
        wrong.push(page);
      }
    }
    return wrong;
  }

  async #run(): Promise<void> {
    while (this.isRunning) {
      this.slices += 1;
      // A slice that waited for a page is still the same slice when it was paused meanwhile.
      for (let left = this.#is.writesPerSlice; left > 0; left--) {
        const { page } = target(this.count + 1, this.#is.workingSet);
        if (this.#absent?.has(page)) {
          this.faults += 1;
          if (this.demand === "blocking") this.#source?.fetchNow(page);
          else await this.#source?.fetch(page);
        }
        this.#step();
      }
      await new Promise<void>(nextTurn);
    }
  }

  #step(): void {
    this.count += 1;
    const { page, slot } = target(this.count, this.#is.workingSet);
    this.#words[page * SLOTS + slot] = this.count;
    if (this.#isLogging) this.#log.mark(page);
  }
}

/** Where a step writes. */
function target(step: number, workingSet: PageCount): { page: PageIndex; slot: number } {
  const draw = Math.imul(step ^ (step >>> 15), 0x2c1b3c6d) >>> 0;
  const mixed = Math.imul(draw ^ (draw >>> 12), 0x297a2d39) >>> 0;
  return { page: mixed % workingSet, slot: (mixed >>> 16) % SLOTS };
}

const PART_PAGES = 100;

function nextPart(page: PageIndex): PageCount {
  return (Math.floor(page / PART_PAGES) + 1) * PART_PAGES;
}

export const SMALL: CountingConfiguration = {
  pageCount: 600,
  workingSet: 300,
  writesPerSlice: 20,
  demand: null,
  stateBytes: 20_000,
};

/** Builds counting machines; keeps those it built. */
export function countingKind(): MachineKind & { readonly built: CountingMachine[] } {
  const built: CountingMachine[] = [];
  return {
    kind: "counting",
    built,
    async build(configuration, limits) {
      const is = { ...SMALL, ...configuration } as CountingConfiguration;
      if (is.pageCount * PAGE_SIZE > limits.memoryBytes) {
        throw new InvalidOptionError("pageCount", is.pageCount, "less");
      }
      const machine = new CountingMachine(is);
      built.push(machine);
      return machine;
    },
  };
}
