import { PAGE_SIZE, type PageCount } from "../units.js";
import type { RamBlock } from "./ram-blocks.js";
import type { PageKind } from "./stream-visitor.js";

/** How far back a page may come in the middle of a scan. */
const DISORDER: PageCount = 256;
/** Pages that may come twice in a round over multifd. */
const STRAYS = 2;

/**
 * The rounds of a stream, which does not tell them: QEMU scans its memory in the order of the table, address
 * by address, and starts again at the first page. So a round ends before a page
 *
 * - that was sent in it already, or
 * - that lies in an earlier block, or more than 256 pages before the last one; not where pages are
 *   compressed, since those come when their threads have time.
 *
 * Channels of multifd run side by side, and QEMU sends a single page twice over them now and then. So with
 * them a round ends at the first barrier before which more than two pages were sent in it again.
 *
 * QEMU's `dirty-sync-count` is another number: the log is read before the scan's end too, when little is
 * left, and once more at the end. After the guest runs at the target, what comes is pulled, in no round.
 */
export class ScanRounds {
  /** Round in which a page came last, plus one; 0: never. */
  #lastRound = new Uint32Array(0);
  #times = new Uint32Array(0);
  #round = 0;
  #lastPage = -1;
  #lastBlock = 0;
  #hasChannels = false;
  #hasThreads = false;
  #strays = 0;

  /** The round that the scan is in, from 0. */
  get current(): number {
    return this.#round;
  }

  /** How often each page was sent, pages counted through all blocks. */
  get times(): Uint32Array {
    return this.#times;
  }

  /** Makes room for the pages of a table; what is known of them stays if it has the same size. */
  prepare(pages: PageCount): void {
    if (pages === this.#times.length) return;
    const keep = (old: Uint32Array): Uint32Array<ArrayBuffer> => {
      const grown = new Uint32Array(pages);
      grown.set(old.subarray(0, pages));
      return grown;
    };
    this.#lastRound = keep(this.#lastRound);
    this.#times = keep(this.#times);
  }

  /** Takes note of a page of the scan; answers how often it was sent before. */
  note(block: RamBlock, offset: number, kind: PageKind): number {
    const page = block.firstPage + offset / PAGE_SIZE;
    if (kind.startsWith("multifd")) this.#hasChannels = true;
    if (kind === "compressed") this.#hasThreads = true;
    const isInOrder = !this.#hasThreads && !this.#hasChannels;
    const isBack = block.index < this.#lastBlock || page < this.#lastPage - DISORDER;
    const isRepeated = this.#lastRound[page] === this.#round + 1;
    if (isRepeated && this.#hasChannels) this.#strays++;
    else if (isRepeated || (isInOrder && isBack)) this.#round++;
    this.#lastRound[page] = this.#round + 1;
    if (isInOrder) {
      this.#lastPage = page;
      this.#lastBlock = block.index;
    }
    return this.#count(page);
  }

  /** All channels have met. */
  noteBarrier(): void {
    if (this.#strays <= STRAYS) return;
    this.#round++;
    this.#strays = 0;
  }

  /** Takes note of a page that was pulled; answers how often it was sent before. */
  notePulled(block: RamBlock, offset: number): number {
    return this.#count(block.firstPage + offset / PAGE_SIZE);
  }

  #count(page: number): number {
    const before = this.#times[page] ?? 0;
    this.#times[page] = before + 1;
    return before;
  }
}
