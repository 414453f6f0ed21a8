import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { assert } from "../errors.js";
import { type Bytes, PAGE_SIZE } from "../units.js";
import { PageBits } from "./page-bits.js";

/** Pages that follow one another are written together, up to this many bytes. */
const RUN_BYTES = 256 * 1024;
const ZEROS = new Uint8Array(PAGE_SIZE);

/**
 * The pages of one memory block in a file that has a hole where only zeros were. Calls are synchronous: a
 * page that a stream brings is small, and the system's cache takes it at once.
 */
export class PageFile {
  readonly length: Bytes;
  readonly #file: number;
  /** Pages that are no hole. */
  readonly #written: PageBits;
  readonly #run: Uint8Array = new Uint8Array(RUN_BYTES);
  #runStart = 0;
  #runLength = 0;

  /** Creates the file; there must be none. */
  constructor(path: string, length: Bytes) {
    this.length = length;
    this.#written = new PageBits(length);
    this.#file = openSync(path, "wx+", 0o600);
    ftruncateSync(this.#file, length);
  }

  /** Writes a page. */
  write(offset: Bytes, page: Uint8Array): void {
    assert(page.length === PAGE_SIZE, "a page has 4096 bytes");
    const isNext = offset === this.#runStart + this.#runLength && this.#runLength < RUN_BYTES;
    if (!isNext) {
      this.#flush();
      this.#runStart = offset;
    }
    this.#run.set(page, this.#runLength);
    this.#runLength += PAGE_SIZE;
    this.#written.set(offset / PAGE_SIZE);
  }

  /** Writes a page of zeros, unless there is a hole already. */
  clear(offset: Bytes): void {
    if (this.#written.has(offset / PAGE_SIZE)) this.write(offset, ZEROS);
  }

  /** Fills `into` with what begins at `offset`. */
  read(offset: Bytes, into: Uint8Array): void {
    this.#flush();
    const count = readSync(this.#file, into, 0, into.length, offset);
    assert(count === into.length, "a file of pages has its full length");
  }

  /** Whether a stretch of whole pages holds nothing but holes. */
  isHole(offset: Bytes, length: Bytes): boolean {
    const page = this.#written.next(offset / PAGE_SIZE);
    return page < 0 || page * PAGE_SIZE >= offset + length;
  }

  /** Waits until all is on the disk. */
  sync(): void {
    this.#flush();
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }

  #flush(): void {
    for (let done = 0; done < this.#runLength; ) {
      const left = this.#runLength - done;
      done += writeSync(this.#file, this.#run, done, left, this.#runStart + done);
    }
    this.#runLength = 0;
  }
}
