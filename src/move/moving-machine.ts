import { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import { createKernel, type Kernel } from "../kernel/load.js";
import type { Machine } from "../machine/machine.js";
import type { GuestTime, Slowdown, SourceMachine, TargetMachine } from "../machine/sides.js";
import type { MachineParts } from "../machine/spec.js";
import type { Nanoseconds, PageCount, Share } from "../units.js";
import type { Clock } from "../world/clock.js";
import type { Link } from "../world/link.js";
import type { MovingMemory } from "./moving-memory.js";

/** Bitmaps that a migration may need at once: dirty log, pending, two of page order. */
const BITMAPS = 5;

/** What a real machine has beside its memory takes the time it takes. */
const PARTS: MachineParts = {
  cpuStateBytes: 0,
  devices: [],
  disk: { kind: "none" },
  network: { kind: "none" },
  power: "suspended",
  pauseNs: 0,
  resumeNs: 0,
  shutdownNs: 0,
  bootNs: 0,
};

/** A machine that really runs, as the engine's source. */
export class MovingMachine implements SourceMachine {
  readonly pageCount: PageCount;
  readonly memory: MovingMemory;
  readonly parts: MachineParts;
  readonly dirtyLog: DirtyBitmap;
  readonly #machine: Machine;
  readonly #clock: Clock;
  readonly #kernel: Kernel;
  readonly #reserve: (link: Link) => Promise<TargetMachine>;
  /** A machine that stood before it moved is not started by a move that failed. */
  readonly #wasRunning: boolean;
  readonly #released: DirtyBitmap[] = [];
  #share: Share = 0;
  #since: Nanoseconds;
  #ranNs: Nanoseconds = 0;
  #lostNs: Nanoseconds = 0;

  /** @param reserve - Reaches an agreement with the target. */
  constructor(
    machine: Machine,
    clock: Clock,
    memory: MovingMemory,
    reserve: (link: Link) => Promise<TargetMachine>,
  ) {
    this.#machine = machine;
    this.#clock = clock;
    this.#reserve = reserve;
    this.#wasRunning = machine.isRunning;
    this.#since = clock.now();
    this.pageCount = machine.memory.pageCount;
    this.memory = memory;
    this.parts = machine.announce ? { ...PARTS, network: ANNOUNCED } : PARTS;
    this.#kernel = createKernel(BITMAPS * DirtyBitmap.bytesFor(this.pageCount));
    this.dirtyLog = this.createBitmap();
  }

  get guestTime(): GuestTime {
    this.#count();
    return { ranNs: this.#ranNs, lostNs: this.#lostNs };
  }

  createBitmap(): DirtyBitmap {
    const bitmap = this.#released.pop();
    bitmap?.clearAll();
    return bitmap ?? new DirtyBitmap(this.pageCount, this.#kernel);
  }

  releaseBitmap(bitmap: DirtyBitmap): void {
    this.#released.push(bitmap);
  }

  /** It is always where the clock is. */
  settle(): void {}

  startLog(): void {
    this.#machine.startLog();
    this.dirtyLog.clearAll();
  }

  stopLog(): void {
    this.#machine.stopLog();
  }

  readLog(): void {
    this.#machine.harvest(this.dirtyLog);
  }

  harvest(into: DirtyBitmap): PageCount {
    this.readLog();
    return this.dirtyLog.harvest(into);
  }

  /** Only throttling is ours to do: what else slows a real guest down does it itself. */
  slowDown(reason: Slowdown, share: Share): void {
    if (reason !== "throttle" || share === this.#share) return;
    this.#count();
    this.#share = share;
    this.#machine.throttle(share);
  }

  async pause(): Promise<void> {
    await this.#machine.pause();
    this.#count(true);
  }

  async resume(): Promise<void> {
    this.#count();
    if (this.#wasRunning) await this.#machine.resume();
  }

  reserve(link: Link): Promise<TargetMachine> {
    return this.#reserve(link);
  }

  /** @param justPaused - It ran until now. */
  #count(justPaused = false): void {
    const now = this.#clock.now();
    const ran = this.#machine.isRunning || justPaused ? now - this.#since : 0;
    this.#ranNs += ran;
    this.#lostNs += ran * this.#share;
    this.#since = now;
  }
}

/** The target announces the machine before it lets it run. */
const ANNOUNCED = {
  kind: "announce",
  initialNs: 0,
  stepNs: 0,
  maxNs: 0,
  rounds: 1,
  learningNs: 0,
  packetRate: 0,
} as const;
