import { WireFormatError } from "../errors.js";
import { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { MachineMemory } from "../machine/machine.js";
import type { Bytes, PageCount, PageIndex } from "../units.js";
import type { Frame } from "../wire/frame.js";
import { decodeAbsent } from "./absent-list.js";
import { digestPages } from "./memory-digest.js";
import { PACKED, unpackRecords } from "./packed-records.js";
import { storeRecords } from "./page-records.js";

/** The memory of a machine that arrives: what came, and what is still to come. */
export class ArrivingMemory {
  /** Pages that come later; empty until the source names them. */
  readonly absent: DirtyBitmap;
  /** Pages of `absent`, kept by counting. */
  missing: PageCount = 0;
  /** Digest of every page as it was last stored. */
  readonly digests: BigUint64Array | null;
  /** Bytes of frames of records, as they crossed the wire, taken in since the channel began. */
  takenBytes: Bytes = 0;
  readonly #memory: MachineMemory;
  /** Pages that were stored: the others are zero. */
  readonly #stored: DirtyBitmap;
  #isFollowing = false;
  /** The pages just stored lie here, as far as they lie together. */
  #from: PageIndex = 0;
  #to: PageCount = 0;

  /** @param digests - Whether to digest every page that is stored. */
  constructor(memory: MachineMemory, digests: boolean) {
    this.#memory = memory;
    this.digests = digests ? new BigUint64Array(memory.pageCount) : null;
    this.absent = new DirtyBitmap(memory.pageCount);
    this.#stored = new DirtyBitmap(memory.pageCount);
  }

  /** Takes in a frame of page records. @throws WireFormatError when they are damaged. */
  store({ body, flags }: Frame): void {
    if ((flags & ~PACKED) !== 0) throw new WireFormatError(`pages with the flags ${flags}`, 1);
    const records = flags === PACKED ? unpackRecords(body) : body;
    storeRecords(records, this.#memory, (page, isZero) => this.#stores(page, isZero));
    this.#digest();
    this.takenBytes += body.length;
  }

  /** Takes in a part of the list of absent pages. @throws WireFormatError */
  name(body: Uint8Array): void {
    decodeAbsent(body, this.absent);
  }

  /** From now on the guest may run: only absent pages come. */
  follow(): void {
    this.missing = this.absent.count();
    this.#isFollowing = true;
  }

  #stores(page: PageIndex, isZero: boolean): boolean {
    if (this.#isFollowing) {
      if (!this.absent.clear(page)) throw new WireFormatError(`page ${page} came twice`, -1);
      this.missing -= 1;
    }
    if (this.digests) this.#note(page);
    // A page that nobody has stored is zero, and takes no memory while it stays so.
    if (isZero) return this.#stored.has(page);
    this.#stored.mark(page);
    return true;
  }

  /** Keeps in mind what is to be digested when it is there. */
  #note(page: PageIndex): void {
    if (page !== this.#to) {
      this.#digest();
      this.#from = page;
    }
    this.#to = page + 1;
  }

  #digest(): void {
    if (this.digests) digestPages(this.#memory, this.#from, this.#to, this.digests);
    this.#from = this.#to;
  }
}
