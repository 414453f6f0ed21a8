import { InvalidOptionError, WireFormatError } from "../errors.js";
import { PageDelta } from "../kernel/page-delta.js";
import { type Bytes, PAGE_SIZE } from "../units.js";
import type { StreamCommand } from "./commands.js";
import { DeltaCache } from "./delta-cache.js";
import type { RamBlock } from "./ram-blocks.js";
import { ScanRounds } from "./scan-rounds.js";
import type { PageKind, SectionHeader } from "./stream-visitor.js";
import { StreamWriter } from "./stream-writer.js";
import type { VmImageOptions } from "./vm-image.js";
import {
  isZeroPage,
  noPagesWritten,
  WRITE_CHUNK,
  type WrittenPages,
  writeClosing,
  writeOpening,
  writeVm,
} from "./vm-writer.js";
import { WholeVm } from "./whole-vm.js";

export interface RoundsWriterOptions extends VmImageOptions {
  /** Bytes of the cache, a power of two from 4096 to 2^40; QEMU's default is 64 MiB. */
  readonly xbzrleCache: Bytes;
  /** Takes the stream in pieces of some 256 KiB, views that are valid until it returns. */
  readonly sink: (bytes: Uint8Array<ArrayBuffer>) => void;
}

/** Bytes of the largest cache, of QEMU's guests with 1 TiB. */
const MOST_CACHE: Bytes = 2 ** 40;

/**
 * Writes a stream again while it is decoded, with every version of every page in its order: zeros as such,
 * and from the second round on, XBZRLE deltas to what the target has, by the rules of QEMU's cache. The
 * guest ends up the same; what is between is what a target of the recorded migration would have held.
 *
 * What a post-copy sends once the guest runs counts to the last round, and its discards are left out: in
 * this stream the guest starts when all is there.
 */
export class RoundsWriter extends WholeVm {
  readonly written: WrittenPages = noPagesWritten();
  readonly #writer = new StreamWriter();
  readonly #sink: RoundsWriterOptions["sink"];
  readonly #cacheBytes: Bytes;
  #cache: DeltaCache | null = null;
  readonly #rounds = new ScanRounds();
  #isStopped = false;
  #isOpen = false;
  #shape = "";
  readonly #before = new Uint8Array(PAGE_SIZE);

  /** @throws InvalidOptionError for a cache of another size. */
  constructor(options: RoundsWriterOptions) {
    super(options);
    const { xbzrleCache } = options;
    const isSize = Number.isInteger(xbzrleCache) && Number.isInteger(Math.log2(xbzrleCache));
    if (!isSize || xbzrleCache < PAGE_SIZE || xbzrleCache > MOST_CACHE) {
      throw new InvalidOptionError("xbzrleCache", xbzrleCache, "a power of two from 4096 to 2^40");
    }
    this.#sink = options.sink;
    this.#cacheBytes = xbzrleCache;
  }

  override ramBlocks(blocks: readonly RamBlock[]): void {
    const shape = JSON.stringify(blocks.map(({ name, length }) => [name, length]));
    if (this.#isOpen && shape !== this.#shape) {
      throw new WireFormatError("the memory is divided anew, so its rounds cannot be kept", -1);
    }
    this.#shape = shape;
    super.ramBlocks(blocks);
    this.#rounds.prepare(this.pageCount);
  }

  barrier(): void {
    this.#rounds.noteBarrier();
  }

  override sectionStart(section: SectionHeader): void {
    super.sectionStart(section);
    if (section.name === "ram" && section.kind === "end") this.#isStopped = true;
  }

  /** The target of what is written has them until they come again. */
  protected override outdate(command: StreamCommand): void {
    if (command.kind !== "ram-discard") return;
    const pages = this.pagesOf(command.block);
    for (const { start, length } of command.ranges) pages?.announce(start, length);
  }

  override page(block: RamBlock, offset: number, kind: PageKind, bytes: Uint8Array): void {
    if (block.mapped !== null) {
      super.page(block, offset, kind, bytes);
      return;
    }
    const page = block.firstPage + offset / PAGE_SIZE;
    if (this.isPostCopy) this.#rounds.notePulled(block, offset);
    else this.#rounds.note(block, offset, kind);
    const before = this.pagesOf(block)?.read(offset);
    if (before) this.#before.set(before);
    else this.#before.fill(0);
    super.page(block, offset, kind, bytes);
    this.#open();
    this.#write(block.name, offset, page, this.pagesOf(block)?.read(offset) ?? null);
    if (this.#writer.length >= WRITE_CHUNK) this.#sink(this.#writer.drain());
  }

  /** Ends the stream, once all of the recorded one was decoded. @throws WireFormatError where that was not whole. */
  finish(): void {
    this.assertWhole();
    if (!this.#isOpen) {
      // Nothing came in rounds, as in a mapped-ram file.
      for (const chunk of writeVm(this, this.written)) this.#sink(chunk);
      return;
    }
    this.#writer.endOfRecords();
    this.#writer.closeSection(this.ram.sectionId);
    this.#writer.continueSection("end", this.ram.sectionId);
    for (const chunk of writeClosing(this.#writer, this)) this.#sink(chunk);
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    writeOpening(this.#writer, this);
    this.#writer.continueSection("part", this.ram.sectionId);
  }

  #write(block: string, offset: Bytes, page: number, now: Uint8Array | null): void {
    this.#cache ??= new DeltaCache(this.#cacheBytes, this.pageCount);
    const cache = this.#cache;
    const round = this.#rounds.current;
    const isCaching = round > 0 && !this.#isStopped && !this.isPostCopy;
    if (now === null || isZeroPage(now)) {
      this.#writer.zeroPage(block, offset);
      this.written.zero++;
      if (isCaching) cache.insert(page, round);
      return;
    }
    const isCached = round > 0 && cache.has(page);
    if (isCaching) cache.insert(page, round);
    const delta = isCached ? PageDelta.encode(this.#before, now) : null;
    if (delta === null) {
      this.#writer.rawPage(block, offset, now);
      this.written.raw++;
    } else if (delta.length === 0) {
      this.written.unchanged++;
    } else {
      this.#writer.deltaPage(block, offset, delta);
      this.written.xbzrle++;
    }
  }
}
