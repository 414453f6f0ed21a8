import { Lz4Block } from "../kernel/lz4-block.js";
import { PageScan } from "../kernel/page-scan.js";
import { PAGE_SIZE, type PageCount, type Share } from "../units.js";

/** Pages that are compressed, to say what compression would give. */
const COMPRESSED_PAGES: PageCount = 4096;

/** What a series of pages holds: zeros, repeats, and how far the rest can be compressed. */
export class PageTally {
  readonly #digests: BigUint64Array;
  readonly #stride: number;
  #pages: PageCount = 0;
  #nonzero: PageCount = 0;
  #compressed = 0;
  #compressedBytes = 0;

  /** @param mostPages - At most so many pages will be added. */
  constructor(mostPages: PageCount) {
    this.#digests = new BigUint64Array(mostPages);
    this.#stride = Math.max(1, Math.floor(mostPages / COMPRESSED_PAGES));
  }

  /** Adds whole pages. */
  add(bytes: Uint8Array): void {
    const { bits } = PageScan.zeroPages(bytes);
    const digests = PageScan.digests(bytes);
    for (let page = 0; page < digests.length; page++) {
      this.#pages++;
      if (((bits[page >>> 3] ?? 0) >>> (page & 7)) & 1) continue;
      this.#digests[this.#nonzero] = digests[page] ?? 0n;
      if (this.#nonzero % this.#stride === 0) {
        const block = Lz4Block.compress(bytes.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE));
        this.#compressed++;
        this.#compressedBytes += block?.length ?? PAGE_SIZE;
      }
      this.#nonzero++;
    }
  }

  get pages(): PageCount {
    return this.#pages;
  }

  get nonzeroPages(): PageCount {
    return this.#nonzero;
  }

  /** Nonzero pages equal to another one among those added, beyond the first of each kind. */
  repeatedPages(): PageCount {
    const sorted = this.#digests.subarray(0, this.#nonzero).slice().sort();
    let repeated = 0;
    for (let index = 1; index < sorted.length; index++) {
      if (sorted[index] === sorted[index - 1]) repeated++;
    }
    return repeated;
  }

  /** Mean size of a nonzero page after LZ4, as a share of the page; null when there is none. */
  compressedShare(): Share | null {
    return this.#compressed === 0 ? null : this.#compressedBytes / (this.#compressed * PAGE_SIZE);
  }
}
