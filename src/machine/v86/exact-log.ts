import type { DirtyBitmap } from "../../kernel/dirty-bitmap.js";
import type { Bytes, PageCount } from "../../units.js";
import type { PatchedModule } from "./patched-module.js";

/** A machine's dirty log. */
export interface WriteLog {
  /** Forgets what was written. */
  start(): void;
  stop(): void;
  /** Marks in `into` what was written since the last harvest, and forgets it. */
  harvest(into: DirtyBitmap): void;
}

/** The log that the patched page walk writes; devices' writes are added. */
export class ExactLog implements WriteLog {
  readonly #module: PatchedModule;
  readonly #pageCount: PageCount;
  /** Whether a slice is suspended amid an instruction. */
  readonly #isSuspended: () => boolean;

  constructor(module: PatchedModule, pageCount: PageCount, isSuspended: () => boolean) {
    this.#module = module;
    this.#pageCount = pageCount;
    this.#isSuspended = isSuspended;
  }

  get isOn(): boolean {
    return this.#module.isLogging;
  }

  start(): void {
    this.#module.isLogging = true;
    this.#forget();
  }

  stop(): void {
    this.#module.isLogging = false;
  }

  harvest(into: DirtyBitmap): void {
    const map = this.#module.map.subarray(0, this.#pageCount);
    const pages: number[] = [];
    for (let page = map.indexOf(1); page >= 0; page = map.indexOf(1, page + 1)) pages.push(page);
    into.markList(Uint32Array.from(pages));
    this.#forget();
  }

  /** A device is about to write. */
  add(address: number, length: Bytes): void {
    if (!this.isOn || length <= 0) return;
    this.#module.map.fill(1, address >>> 12, ((address + length - 1) >>> 12) + 1);
  }

  /**
   * An instruction that waits for a page may have translated the address of another already, and will write
   * there without a further walk. What is marked stays marked then, for the next harvest.
   */
  #forget(): void {
    if (this.#isSuspended()) return;
    this.#module.map.fill(0, 0, this.#pageCount);
    this.#module.forgetTranslations();
  }
}
