import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { Bytes, PageCount, PageIndex, Share } from "../units.js";

/**
 * A machine that really runs and can be moved: an emulated PC, a Wasm instance, or anything else with
 * memory in pages, a state beside it and a switch. It lives in one thread and is only touched between two
 * slices of its work, so whatever is read in one go is consistent.
 *
 * `machineConformance` holds an implementation to all that is said here.
 */
export interface Machine {
  /** What it is, such as `"v86"`; a host accepts machines by kind. */
  readonly kind: string;
  /** What the target must build an equal empty machine from: plain JSON, small, without the guest's contents. */
  readonly configuration: MachineConfiguration;
  readonly memory: MachineMemory;
  /** Whether it runs at present. */
  readonly isRunning: boolean;
  /** How it can run before all of its pages are there; null: it cannot, so post-copy and hybrid are refused. */
  readonly demand: "blocking" | "suspending" | null;

  /** Stops it between two slices. Nothing changes its memory or its state afterwards. Does nothing when it stands. */
  pause(): Promise<void>;
  /**
   * Lets it run.
   *
   * @param began - Called once, immediately before the first instruction.
   */
  resume(began?: () => void): Promise<void>;
  /** Takes a share of its speed, 0 (none) to 0.99, until another is set. */
  throttle(share: Share): void;

  /** From now on writes are logged; what was written before is forgotten. */
  startLog(): void;
  /** No more log, and no cost of one. */
  stopLog(): void;
  /** Marks in `into` every page that may have changed since the last harvest (or the start of the log), and forgets them. */
  harvest(into: DirtyBitmap): void;

  /**
   * Everything beside the pages: CPU, devices, tables. Two states of one machine have their parts at the
   * same offsets as far as can be, so that a later one is a small delta of an earlier. May be called while it runs.
   * A state may be valid until the next is saved only: it can be megabytes, which nobody wants to be garbage amid a handover.
   */
  saveState(): Promise<Uint8Array>;
  /**
   * Takes over a state; only while it stands. May be called again and again before it runs (a rehearsal). The bytes
   * are the caller's again when it resolves.
   *
   * @throws WireFormatError when the state is damaged or not of such a machine; it comes from a peer. The machine is then of no use.
   */
  loadState(state: Uint8Array): Promise<void>;

  /**
   * From now on an access of the guest to one of these pages first brings it; null: all are there, and the guest pays nothing any more.
   * Whoever stores a page clears its bit.
   */
  expectPages(absent: DirtyBitmap | null, source?: PageSource): void;

  /** Makes the network find it here, just before it runs; machines without a network have none. */
  announce?(): void;
  /** Lets go of everything. It never runs again. */
  destroy(): void;
}

/** Plain JSON that says what to build. */
export interface MachineConfiguration {
  readonly [field: string]: unknown;
}

/** A machine's memory: pages of 4096 bytes from 0. */
export interface MachineMemory {
  /** Never changes; memory that may grow counts its limit, and is zero where it has not grown to. */
  readonly pageCount: PageCount;
  /**
   * The bytes of pages from `from`, at least one and at most up to `to`: as many as lie together. A view,
   * valid until the machine runs on (memory may move when it grows). Only to be read.
   */
  read(from: PageIndex, to: PageCount): Uint8Array;
  /** Stores whole pages, which lie together or not; the machine stands, or the pages are absent. */
  write(from: PageIndex, bytes: Uint8Array): void;
}

/** Where absent pages come from while the guest waits. */
export interface PageSource {
  /** Blocks the thread until the page is stored. For machines whose `demand` is blocking. */
  fetchNow(page: PageIndex): void;
  /** Resolves when the page is stored. For machines whose `demand` is suspending. */
  fetch(page: PageIndex): Promise<void>;
}

/** Builds empty machines of a kind. */
export interface MachineKind {
  readonly kind: string;
  /**
   * An empty machine that stands, ready for pages and a state. The configuration comes from a peer.
   *
   * @param limits - Nothing is allocated beyond them.
   * @throws InvalidOptionError when the configuration is not one of this kind, or beyond the limits.
   */
  build(configuration: MachineConfiguration, limits: MachineLimits): Promise<Machine>;
}

/** What a host lets a machine from a peer use. */
export interface MachineLimits {
  readonly memoryBytes: Bytes;
}
