import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { Migration } from "./migration.js";

/**
 * Cold pages first: pages that were dirtied in two rounds running are likely to be dirtied again, so they
 * wait until the others are sent. It pays where a round ends early or re-dirtied pages are skipped; in
 * round 0 nothing is known yet and the order is by address.
 */
export class PageOrder {
  readonly #hot: DirtyBitmap;
  readonly #before: DirtyBitmap;
  #isKnown = false;

  constructor(m: Migration) {
    this.#hot = m.createBitmap();
    this.#before = m.createBitmap();
  }

  /** Pages to send last in the coming round; undefined while nothing is known. */
  hot(): DirtyBitmap | undefined {
    return this.#isKnown ? this.#hot : undefined;
  }

  /** Learns from the dirty log of a round, before it is harvested. */
  learn(log: DirtyBitmap): void {
    this.#hot.copyFrom(this.#before);
    this.#hot.and(log);
    this.#before.copyFrom(log);
    this.#isKnown = true;
  }
}
