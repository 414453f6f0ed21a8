import {
  DirtyBitmap,
  type Machine,
  type MachineConfiguration,
  type MachineMemory,
  PageScan,
  type PageSource,
} from "../machine-browser.js";
import type { Share } from "../units.js";
import { type MapPicture, PAGE, PageMap } from "./page-map.js";

/** Pages that are looked at between two views, which running on may move. */
const SCAN_PAGES = 4096;

/**
 * A machine whose memory's picture is kept: what the guest writes, what a move brings. It looks at the
 * dirty log itself while nobody else does.
 */
export class WatchedMachine implements Machine {
  readonly map: PageMap;
  readonly #machine: Machine;
  readonly #seen: DirtyBitmap;
  readonly memory: MachineMemory;
  /** Pages that it runs without; null: none, once it runs. */
  #absent: DirtyBitmap | null = null;
  /** Called when it has stopped. */
  onPause: (() => void) | null = null;

  /** @param isEmpty - Whether its pages are still to come. */
  constructor(machine: Machine, isEmpty: boolean) {
    this.#machine = machine;
    const { memory } = machine;
    this.#seen = new DirtyBitmap(memory.pageCount);
    this.map = new PageMap(memory.pageCount, isEmpty ? PAGE.absent : PAGE.empty);
    if (!isEmpty) this.#findContents();
    this.memory = {
      pageCount: memory.pageCount,
      read: (from, to) => memory.read(from, to),
      write: (from, bytes) => {
        memory.write(from, bytes);
        this.map.set(from, from + bytes.length / 4096, PAGE.arrived);
      },
    };
  }

  /** The picture of its memory now. */
  takePicture(): MapPicture {
    const absent = this.#absent;
    if (this.isRunning) this.map.settle((page) => absent?.has(page) ?? false);
    return this.map.takePicture();
  }

  /** Looks at what the guest has written since the last look. */
  look(): void {
    this.harvest(this.#seen);
    this.#seen.clearAll();
  }

  get kind(): string {
    return this.#machine.kind;
  }
  get configuration(): MachineConfiguration {
    return this.#machine.configuration;
  }
  get isRunning(): boolean {
    return this.#machine.isRunning;
  }
  get demand(): "blocking" | "suspending" | null {
    return this.#machine.demand;
  }
  async pause(): Promise<void> {
    await this.#machine.pause();
    this.onPause?.();
  }
  resume(began?: () => void): Promise<void> {
    return this.#machine.resume(began);
  }
  throttle(share: Share): void {
    this.#machine.throttle(share);
  }
  startLog(): void {
    this.#machine.startLog();
  }
  stopLog(): void {
    this.#machine.stopLog();
  }
  /** What was found dirty at the harvest before has been looked at, or sent. */
  harvest(into: DirtyBitmap): void {
    this.#machine.harvest(into);
    this.map.replace(PAGE.dirty, PAGE.present);
    for (const { start, end } of into.runs()) this.map.set(start, end, PAGE.dirty);
  }
  saveState(): Promise<Uint8Array> {
    return this.#machine.saveState();
  }
  loadState(state: Uint8Array): Promise<void> {
    return this.#machine.loadState(state);
  }
  expectPages(absent: DirtyBitmap | null, source?: PageSource): void {
    this.#absent = absent;
    this.#machine.expectPages(absent, source);
  }
  announce(): void {
    this.#machine.announce?.();
  }
  destroy(): void {
    this.#machine.destroy();
  }

  #findContents(): void {
    const { memory } = this.#machine;
    for (let from = 0; from < memory.pageCount; ) {
      const bytes = memory.read(from, Math.min(from + SCAN_PAGES, memory.pageCount));
      const pages = bytes.length / 4096;
      const { bits } = PageScan.zeroPages(bytes);
      for (let page = 0; page < pages; page++) {
        const isZero = ((bits[page >> 3] as number) >> (page & 7)) & 1;
        if (!isZero) this.map.set(from + page, from + page + 1, PAGE.present);
      }
      from += pages;
    }
  }
}
