import type { PageCount, PageIndex } from "../units.js";

/** What a page of a machine's memory is, as it is shown. A group of pages is shown as its highest. */
export const PAGE = {
  /** The machine runs here or is coming, and the page is not here yet. */
  absent: 0,
  /** All zero, as far as is known. */
  empty: 1,
  present: 2,
  /** Written by the guest between the last two looks, or in the last round of a move. */
  dirty: 3,
  /** Came over the link since the last picture. */
  arrived: 4,
} as const;

/** Dots of a picture at most; a larger memory is shown in groups of pages. */
const MOST_DOTS = 16_384;

/** What a picture of a memory is drawn from. */
export interface MapPicture {
  /** One of {@link PAGE} a dot. */
  readonly dots: Uint8Array<ArrayBuffer>;
  readonly pagesPerDot: PageCount;
  readonly pageCount: PageCount;
  readonly absentPages: PageCount;
}

/** The state of every page, for a picture. */
export class PageMap {
  readonly #states: Uint8Array;
  readonly #pagesPerDot: PageCount;

  constructor(pageCount: PageCount, state: number) {
    this.#states = new Uint8Array(pageCount).fill(state);
    this.#pagesPerDot = Math.ceil(pageCount / MOST_DOTS);
  }

  /** All pages of [from, to) are of that state from now on. */
  set(from: PageIndex, to: PageCount, state: number): void {
    this.#states.fill(state, from, to);
  }

  /** Whatever was of one state is of another from now on. */
  replace(state: number, by: number): void {
    const states = this.#states;
    for (let page = 0; page < states.length; page++) if (states[page] === state) states[page] = by;
  }

  /** Pages that came without contents, and so without being stored, are no longer absent. */
  settle(isAbsent: (page: PageIndex) => boolean): void {
    const states = this.#states;
    for (let page = 0; page < states.length; page++)
      if (states[page] === PAGE.absent && !isAbsent(page)) states[page] = PAGE.empty;
  }

  /** The picture now. What had just arrived is merely present in the next one. */
  takePicture(): MapPicture {
    const states = this.#states;
    const dots = new Uint8Array(Math.ceil(states.length / this.#pagesPerDot));
    let absentPages = 0;
    for (let page = 0; page < states.length; page++) {
      const state = states[page] as number;
      const dot = Math.floor(page / this.#pagesPerDot);
      if (state > (dots[dot] as number)) dots[dot] = state;
      if (state === PAGE.absent) absentPages++;
      if (state === PAGE.arrived) states[page] = PAGE.present;
    }
    return { dots, pagesPerDot: this.#pagesPerDot, pageCount: states.length, absentPages };
  }
}
