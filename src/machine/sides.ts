import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { AbsentPages } from "../memory/absent-pages.js";
import type { SourceMemory, TargetMemory } from "../memory/guest-memory.js";
import type {
  Bytes,
  BytesPerSecond,
  Milliseconds,
  Nanoseconds,
  PageCount,
  PageIndex,
  Share,
} from "../units.js";
import type { Link } from "../world/link.js";
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
  /** Pages written since the last harvest, as far as the log was read. */
  readonly dirtyLog: DirtyBitmap;
  readonly guestTime: GuestTime;
  /** A bitmap over the guest's pages, all clear, that can be combined with the dirty log. */
  createBitmap(): DirtyBitmap;
  /** Takes a bitmap back, to be handed out again. */
  releaseBitmap(bitmap: DirtyBitmap): void;
  /** Brings a simulated guest up to the clock; a real one is always there. */
  settle(): void;
  /** From now on writes are logged; what was written before is forgotten. */
  startLog(): void;
  /** No more log. */
  stopLog(): void;
  /** Brings `dirtyLog` up to date without taking it in. */
  readLog(): void;
  /** Atomically copies the dirty log into `into` and clears it; answers how many pages of `into` were clean. */
  harvest(into: DirtyBitmap): PageCount;
  /** Takes a share of the guest's speed for a reason; 0 gives it back. */
  slowDown(reason: Slowdown, share: Share): void;
  pause(): Promise<void>;
  /** Lets the guest run on at the source. */
  resume(): Promise<void>;
  /** Prepares an empty machine of the same shape at the target, to be filled over the link. */
  reserve(link: Link): Promise<TargetMachine>;
}

/** The guest's place at the target: its memory, and the steps of the handover. */
export interface TargetMachine {
  readonly memory: TargetMemory;
  /** The target agrees to take the guest (Clark's pre-migration and reservation). */
  agree(): Promise<void>;
  /** Shows the target a state to exercise itself on while the guest runs, so that the real one is loaded faster. */
  rehearse(): Promise<void>;
  /**
   * Sends CPU context and device state of the guest, which has stopped, and which pages will come later
   * (null: all are there). Answers how many bytes it took; resolves when they have left.
   */
  sendState(absent: DirtyBitmap | null): Promise<Bytes>;
  /**
   * Waits until the target has loaded the state and says that it is ready.
   *
   * @param proves - Whether the target proves its memory.
   * @returns How many pages differ from the source's; null when nothing was compared.
   */
  ready(proves: boolean): Promise<PageCount | null>;
  /**
   * Says go, and waits until the guest runs at the target. From then on it never runs at the source. Rejects
   * with one of the errors that end a migration only when the target certainly does not run it.
   *
   * @param bootNs - What a guest that was moved powered off needs to boot.
   */
  run(bootNs: Nanoseconds): Promise<void>;
  /** The guest while its pages follow it. */
  readonly guest: SteppedGuest | DistantGuest;
}

/** A guest that the source steps itself, so that its faults are known in time. */
export interface SteppedGuest {
  readonly kind: "stepped";
  /** Pages that the guest has written since it runs here. */
  readonly written: DirtyBitmap;
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

/** A guest that runs elsewhere: the source hears which pages it asks for, and serves. */
export interface DistantGuest {
  readonly kind: "distant";
  /** Pages asked for since the last call, in their order, perhaps some that were sent already. */
  takeRequests(): readonly PageIndex[];
  /** The most that may go in one piece, so that a page asked for is not held up behind it. */
  readonly pieceBytes: Bytes;
  /** Resolves when a page is asked for, or when the next piece of the active push may go at a rate. */
  turn(cap: BytesPerSecond): Promise<void>;
  /**
   * Something failed: resolves when the guest is reached again, with the number of pages that it lacks.
   * Throws the failure, or what came of it, when it will not be.
   *
   * @param lacking - Is told which pages those are.
   */
  rejoin(failure: unknown, lacking: DirtyBitmap): Promise<PageCount>;
  /** Waits until the target has every page. */
  complete(): Promise<DistantFaults>;
}

/** What a distant guest's faults were, as the target counted and timed them. */
export interface DistantFaults {
  readonly faults: number;
  readonly networkFaults: number;
  readonly stallMs: Milliseconds;
  readonly medianStallMs: Milliseconds;
  readonly maxStallMs: Milliseconds;
  /** Pages whose arrival was proved wrong; null when none was looked at. */
  readonly differing: PageCount | null;
}
