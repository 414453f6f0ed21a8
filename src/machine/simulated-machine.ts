import { assert } from "../errors.js";
import { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import { createKernel, type Kernel } from "../kernel/load.js";
import { ByteMemory, ByteTarget, type PageStore } from "../memory/byte-memory.js";
import type { SourceMemory } from "../memory/guest-memory.js";
import { StatisticalMemory } from "../memory/statistical-memory.js";
import type { Bytes, Nanoseconds, PageCount, Share } from "../units.js";
import type { Workload } from "../workload/workload.js";
import type { WriteTarget } from "../workload/writer.js";
import type { Clock } from "../world/clock.js";
import type { Link } from "../world/link.js";
import type { GuestTime, Slowdown, SourceMachine, TargetMachine } from "./sides.js";
import { type RunChange, SimulatedGuest } from "./simulated-guest.js";
import { SimulatedTarget } from "./simulated-target.js";
import type { MachineParts } from "./spec.js";

/** Bitmaps that a migration may need at once: dirty log, zero, pending, two of page order, absent. */
const BITMAPS = 6;

/** What a simulated machine is made of. */
export interface SimulatedMachineOptions {
  readonly pageCount: PageCount;
  readonly workload: Workload;
  readonly parts: MachineParts;
  /** The guest's bytes; null: pages are known by their kind only. */
  readonly store: PageStore | null;
  /** For a guest without bytes: marks its zero pages. */
  readonly markZeroPages?: ((zero: DirtyBitmap) => void) | undefined;
  /** State of the generator of written bytes: sixteen words. */
  readonly writeState: Uint32Array;
}

/** A machine in simulated time. */
export class SimulatedMachine implements SourceMachine {
  readonly pageCount: PageCount;
  readonly parts: MachineParts;
  readonly stateBytes: Bytes;
  readonly dirtyLog: DirtyBitmap;
  readonly memory: SourceMemory;
  readonly #clock: Clock;
  readonly #kernel: Kernel;
  readonly #guest: SimulatedGuest;
  readonly #writeState: Uint32Array;
  readonly #released: DirtyBitmap[] = [];
  /** Guest time between the last two harvests, and when the last was. */
  #interval: Nanoseconds = 0;
  #harvestedAt: Nanoseconds = 0;

  constructor(clock: Clock, options: SimulatedMachineOptions) {
    const { pageCount, parts, store, workload } = options;
    this.pageCount = pageCount;
    this.parts = parts;
    this.stateBytes = parts.devices.reduce((sum, d) => sum + d.stateBytes, parts.cpuStateBytes);
    this.#clock = clock;
    this.#writeState = options.writeState;
    this.#kernel = createKernel(
      BITMAPS * DirtyBitmap.bytesFor(pageCount) + 2 * StatisticalMemory.bytesFor(),
    );
    this.dirtyLog = this.createBitmap();
    this.memory = store
      ? new ByteMemory(store)
      : new StatisticalMemory(pageCount, this.#zeroPages(options.markZeroPages), () => {
          return workload.meanDeltaBytes(this.#interval);
        });
    this.#guest = new SimulatedGuest(
      clock,
      workload,
      writesTo(this.dirtyLog, store, this.#writeState),
    );
  }

  get guestTime(): GuestTime {
    return this.#guest.time;
  }

  /** Where the guest ran, change by change. */
  get runLog(): readonly RunChange[] {
    return this.#guest.runLog;
  }

  createBitmap(): DirtyBitmap {
    const bitmap = this.#released.pop();
    bitmap?.clearAll();
    return bitmap ?? new DirtyBitmap(this.pageCount, this.#kernel);
  }

  releaseBitmap(bitmap: DirtyBitmap): void {
    this.#released.push(bitmap);
  }

  settle(): void {
    this.#guest.settle();
  }

  startLog(): void {
    this.settle();
    this.dirtyLog.clearAll();
  }

  /** The log of a simulated guest costs nothing. */
  stopLog(): void {}

  readLog(): void {
    this.settle();
  }

  harvest(into: DirtyBitmap): PageCount {
    this.settle();
    this.#interval = this.#guest.now - this.#harvestedAt;
    this.#harvestedAt = this.#guest.now;
    return this.dirtyLog.harvest(into);
  }

  slowDown(reason: Slowdown, share: Share): void {
    this.#guest.slowDown(reason, share);
  }

  async pause(): Promise<void> {
    this.#guest.setRunning(null);
    await this.#clock.sleepUntil(this.#clock.now() + this.parts.pauseNs);
  }

  async resume(): Promise<void> {
    await this.#clock.sleepUntil(this.#clock.now() + this.parts.resumeNs);
    const moved = this.runLog.some(({ running }) => running === "target");
    assert(!moved, "a guest that ran at the target must not run at the source again");
    this.#guest.setRunning("source");
  }

  reserve(link: Link): Promise<TargetMachine> {
    const memory = this.memory.createTarget();
    const store = memory instanceof ByteTarget ? memory.store : null;
    const { parts, stateBytes } = this;
    const target = writesTo(this.dirtyLog, store, this.#writeState);
    return Promise.resolve(
      new SimulatedTarget({ link, guest: this.#guest, memory, parts, stateBytes }, target),
    );
  }

  #zeroPages(mark: ((zero: DirtyBitmap) => void) | undefined): DirtyBitmap | undefined {
    if (!mark) return undefined;
    const zero = this.createBitmap();
    mark(zero);
    return zero;
  }
}

function writesTo(log: DirtyBitmap, store: PageStore | null, state: Uint32Array): WriteTarget {
  if (!store) return { log };
  return {
    log,
    storeWrites: (pages) => store.storeWrites(pages, state),
    storePage: (page, bytes) => store.write(page, bytes),
  };
}
