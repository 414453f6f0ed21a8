import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { AbsentPages } from "../memory/absent-pages.js";
import type { SourceMemory, TargetMemory } from "../memory/guest-memory.js";
import type { Bytes, Nanoseconds, PageCount, PageIndex, Share } from "../units.js";
import type { MachineParts } from "./spec.js";

/** What slows a guest down while it migrates. */
export type Slowdown = "throttle" | "stolen-cpu" | "stand-in";

/** A page fault at the target that found its page absent. */
export interface Fault {
  readonly page: PageIndex;
  /** When the guest stalled, on the clock. */
  readonly at: Nanoseconds;
}

/** What the guest did during the migration, in clock time. */
export interface GuestTime {
  readonly ranNs: Nanoseconds;
  /** Lost to throttling, stolen CPU and stalls while it ran. */
  readonly lostNs: Nanoseconds;
}

/** A guest at the source: what every strategy needs of it. */
export interface SourceMachine {
  readonly pageCount: PageCount;
  readonly memory: SourceMemory;
  readonly parts: MachineParts;
  /** CPU context and device state. */
  readonly stateBytes: Bytes;
  /** Pages written since the last harvest, as far as the guest has been settled. */
  readonly dirtyLog: DirtyBitmap;
  readonly guestTime: GuestTime;
  /** A bitmap over the guest's pages, all clear, that can be combined with the dirty log. */
  createBitmap(): DirtyBitmap;
  /** Takes a bitmap back, to be handed out again. */
  releaseBitmap(bitmap: DirtyBitmap): void;
  /** Brings a simulated guest up to the clock; a real one is always there. */
  settle(): void;
  /** Atomically copies the dirty log into `into` and clears it; answers how many pages of `into` were clean. */
  harvest(into: DirtyBitmap): PageCount;
  /** Takes a share of the guest's speed for a reason; 0 gives it back. */
  slowDown(reason: Slowdown, share: Share): void;
  pause(): Promise<void>;
  /** Lets the guest run on at the source. */
  resume(): Promise<void>;
  /** Prepares an empty machine of the same shape at the target. */
  reserve(): TargetMachine;
}

/** The guest's place at the target. */
export interface TargetMachine {
  readonly memory: TargetMemory;
  /** Pages that the guest has written since it runs here. */
  readonly written: DirtyBitmap;
  /** Lets the guest run here; from now on it never runs at the source. */
  activate(): Promise<void>;
  /** Pages missing from now on, of which an access must be announced. */
  expect(absent: DirtyBitmap): AbsentPages;
  /** Runs the guest up to an instant or to its first access to an absent page. */
  runUntil(instant: Nanoseconds, absent: AbsentPages): Fault | null;
  /** An instant before which the guest cannot touch an absent page, as far as is known. */
  untroubledUntil(absent: AbsentPages): Nanoseconds;
  /** The guest stops for good where it is: its pages will not come. */
  abandon(): void;
  /** Keeps the guest from running until the page it stalled on is there. */
  stallUntil(instant: Nanoseconds): void;
}
