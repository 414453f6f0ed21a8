import { oneMinusExp } from "../elementary.js";
import type { WriteGenerator } from "../kernel/write-generator.js";
import type { AbsentPages } from "../memory/absent-pages.js";
import { type Nanoseconds, type PageCount, type PageIndex, SECOND } from "../units.js";
import type { Random } from "../world/random.js";
import { expectedDirtyPages, type Region } from "./regions.js";
import type { Touch, Writer, WriteTarget } from "./writer.js";

/** Tries to hit an absent page of a region by chance before it is looked up. */
const REJECTIONS = 256;

/**
 * Writes as a Poisson stream over regions. A page written at rate L is dirty after a time t with
 * probability 1 - exp(-L t), independently of the others: the set of pages that an interval dirties is
 * drawn as a whole, never write by write, so a terabyte costs milliseconds.
 */
export class PoissonWriter implements Writer {
  readonly cuts: readonly PageIndex[];
  readonly #regions: readonly Region[];
  readonly #random: Random;
  readonly #generator: WriteGenerator;
  /** Rate of access to one page of each region. */
  readonly #pageRates: Float64Array;
  /** Rates of access to absent pages, added up to each region's end, as of the last look. */
  readonly #sums: Float64Array;
  #known: { readonly absent: AbsentPages; readonly stretches: Uint32Array } | null = null;

  constructor(regions: readonly Region[], random: Random, generator: WriteGenerator) {
    this.#regions = regions;
    this.#random = random;
    this.#generator = generator;
    this.#pageRates = Float64Array.from(regions, ({ pages, rate }) => rate / pages);
    this.#sums = new Float64Array(regions.length);
    this.cuts = regions.flatMap(({ first, pages }) => [first, first + pages]);
  }

  advance({ log }: WriteTarget, from: Nanoseconds, to: Nanoseconds): void {
    const seconds = (to - from) / SECOND;
    for (const { first, pages, rate } of this.#regions) {
      const probability = oneMinusExp((rate * seconds) / pages);
      this.#generator.drawDirtySet(log, first, first + pages, probability, this.#random.state);
    }
  }

  firstTouch(absent: AbsentPages, from: Nanoseconds, to: Nanoseconds): Touch | null {
    const total = this.#sumAbsentRates(absent);
    if (total <= 0) return null;
    const at = from + Math.ceil((this.#random.nextExponential() / total) * SECOND);
    if (at > to) return null;
    const mark = this.#random.nextUnit() * total;
    return { page: this.#absentPageOf(this.#regionAt(mark), absent), at };
  }

  expectedDirtyPages(length: Nanoseconds): PageCount {
    return expectedDirtyPages(this.#regions, length);
  }

  expectedWrites(length: Nanoseconds): number {
    return this.#regions.reduce((sum, { rate }) => sum + (rate * length) / SECOND, 0);
  }

  /**
   * Rate at which absent pages are accessed, region after region added up. Asked at every fault, so it
   * walks plain arrays.
   */
  #sumAbsentRates(absent: AbsentPages): number {
    const stretches = this.#stretchesOf(absent);
    let sum = 0;
    for (let index = 0; index < this.#sums.length; index++) {
      sum += (this.#pageRates[index] as number) * countIn(absent, stretches, index);
      this.#sums[index] = sum;
    }
    return sum;
  }

  /** The region in which the added-up rates pass a mark. */
  #regionAt(mark: number): number {
    let low = 0;
    let high = this.#sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sums[middle] as number) >= mark) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Where each region's stretches begin and end among the counted ones; looked up once a pull. */
  #stretchesOf(absent: AbsentPages): Uint32Array {
    if (this.#known?.absent !== absent) {
      const stretches = new Uint32Array(2 * this.#regions.length);
      for (const [index, { first, pages }] of this.#regions.entries()) {
        stretches[2 * index] = absent.stretchFrom(first);
        stretches[2 * index + 1] = absent.stretchFrom(first + pages - 1) + 1;
      }
      this.#known = { absent, stretches };
    }
    return this.#known.stretches;
  }

  /** A page drawn uniformly from a region's absent ones. */
  #absentPageOf(index: number, absent: AbsentPages): PageIndex {
    const { first, pages } = this.#regions[index] as Region;
    for (let tries = 0; tries < REJECTIONS; tries++) {
      const page = first + this.#random.nextBelow(pages);
      if (absent.bitmap.has(page)) return page;
    }
    const rank = this.#random.nextBelow(countIn(absent, this.#stretchesOf(absent), index));
    return pageOfRank(absent, first, first + pages, rank);
  }
}

function countIn(absent: AbsentPages, stretches: Uint32Array, region: number): PageCount {
  const end = stretches[2 * region + 1] as number;
  let count = 0;
  for (let stretch = stretches[2 * region] as number; stretch < end; stretch++) {
    count += absent.countIn(stretch);
  }
  return count;
}

/** The absent page of [from, to) that has `rank` absent pages before it, by halving. */
function pageOfRank(absent: AbsentPages, from: PageIndex, to: PageCount, rank: number): PageIndex {
  let low = from;
  let high = to;
  let before = rank;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const count = absent.bitmap.count(low, middle);
    if (before < count) high = middle;
    else {
      before -= count;
      low = middle;
    }
  }
  return low;
}
