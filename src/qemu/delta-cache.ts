import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";

/** A slot is not taken over from a page that was sent this many rounds ago or fewer. */
const LIFETIME = 2;

/**
 * QEMU's cache of sent pages for XBZRLE: direct-mapped, and loath to give up what is fresh. It holds what was
 * sent last of a page, which is what the target has of it; so only the pages' numbers need be kept.
 */
export class DeltaCache {
  readonly #slots: PageCount;
  /** Page in a slot, plus one; 0: none. */
  readonly #pages: Float64Array;
  readonly #ages: Uint32Array;

  /**
   * @param bytes - A power of two of at least a page.
   * @param pages - Of the guest; slots that none of them can have take nothing.
   */
  constructor(bytes: Bytes, pages: PageCount) {
    this.#slots = bytes / PAGE_SIZE;
    this.#pages = new Float64Array(Math.min(this.#slots, pages));
    this.#ages = new Uint32Array(this.#pages.length);
  }

  /** Whether what the target has of a page is known. */
  has(page: number): boolean {
    return this.#pages[page % this.#slots] === page + 1;
  }

  /** Remembers a page, or that it is fresh again; not where a fresh one of another has its slot. */
  insert(page: number, round: number): void {
    const slot = page % this.#slots;
    const owner = this.#pages[slot];
    const isOther = owner !== 0 && owner !== page + 1;
    if (isOther && (this.#ages[slot] as number) + LIFETIME > round) return;
    this.#pages[slot] = page + 1;
    this.#ages[slot] = round;
  }
}
