import type { Bytes } from "../units.js";
import type { ByteRange } from "./commands.js";
import type { RamBlock } from "./ram-blocks.js";
import type { SectionHeader } from "./stream-visitor.js";
import { CommandId, MAX_DISCARD_RANGES, RamFlag, Section } from "./wire.js";
import { WireBuffer } from "./wire-buffer.js";

const NO_DESCRIPTION = '{"page_size":4096,"devices":[]}';

/** What tells a section from others. */
export type SectionName = Pick<SectionHeader, "sectionId" | "name" | "instanceId" | "versionId">;

/**
 * What the stream says of a block of memory; the size of host pages only where post-copy was advised, the
 * address only where the configuration names `x-ignore-shared`.
 */
export type BlockRow = Pick<RamBlock, "name" | "length" | "hostPageSize"> &
  Partial<Pick<RamBlock, "address">>;

/**
 * Writes the main channel of a QEMU migration, version 3 of the stream, piece by piece in the order of the
 * calls; {@link StreamWriter.take} hands out what was written. The caller keeps to QEMU's order: head,
 * commands, the RAM's START with the table, its parts and END, devices, end, description.
 */
export class StreamWriter {
  readonly #out: WireBuffer = new WireBuffer();
  #lastBlock: string | null = null;

  /** Bytes written since the last {@link StreamWriter.take}. */
  get length(): Bytes {
    return this.#out.length;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#out.take();
  }

  /** As {@link StreamWriter.take}, but a view that the next bytes overwrite. */
  drain(): Uint8Array<ArrayBuffer> {
    return this.#out.drain();
  }

  /** Bytes as they are: a stream's head with its configuration, a package. */
  verbatim(bytes: Uint8Array): void {
    this.#out.bytes(bytes);
  }

  /** Asks the target to answer on the connection's other direction. */
  openReturnPath(): void {
    this.#command(CommandId.openReturnPath, 0);
  }

  /** To be answered with a pong of the same value. */
  ping(value: number): void {
    this.#command(CommandId.ping, 4);
    this.#out.u32(value);
  }

  /** Announces that post-copy may follow. @param pageSizes - The OR of the blocks' host page sizes. */
  advisePostcopy(pageSizes: Bytes, targetPageSize: Bytes): void {
    this.#command(CommandId.postcopyAdvise, 16);
    this.#out.u64(pageSizes);
    this.#out.u64(targetPageSize);
  }

  /** Makes the target await pages at any time. At least one discard must come before, or QEMU waits for itself. */
  listen(): void {
    this.#command(CommandId.postcopyListen, 0);
  }

  /** Starts the guest at the target. */
  run(): void {
    this.#command(CommandId.postcopyRun, 0);
  }

  /** Declares pages outdated at the target; as many commands as the ranges need. */
  discard(block: string, ranges: readonly ByteRange[]): void {
    for (let from = 0; from < ranges.length; from += MAX_DISCARD_RANGES) {
      const some = ranges.slice(from, from + MAX_DISCARD_RANGES);
      this.#command(CommandId.ramDiscard, 3 + block.length + 16 * some.length);
      this.#out.u8(0);
      this.#out.shortText(block);
      this.#out.u8(0);
      for (const { start, length } of some) {
        this.#out.u64(start);
        this.#out.u64(length);
      }
    }
    this.#lastBlock = null;
  }

  /** Sections that the target reads whole before it looks into them. */
  packaged(bytes: Uint8Array): void {
    this.#command(CommandId.packaged, 4);
    this.#out.u32(bytes.length);
    this.#out.bytes(bytes);
  }

  /** On a new link after a broken one: the target is to say which pages of a block it has. */
  askReceived(block: string): void {
    this.#command(CommandId.recvBitmap, 1 + block.length);
    this.#out.shortText(block);
  }

  /** On a new link: the post-copy goes on. */
  resumePostcopy(): void {
    this.#command(CommandId.postcopyResume, 0);
    this.#lastBlock = null;
  }

  /** The guest has stopped, its last pages and its devices follow; machine types from 10.0 on. */
  startSwitchover(): void {
    this.#command(CommandId.switchoverStart, 0);
  }

  /** Opens a section that names itself: START, or FULL for the whole state of a device. */
  openSection(kind: "start" | "full", section: SectionName): void {
    this.#out.u8(Section[kind]);
    this.#out.u32(section.sectionId);
    this.#out.shortText(section.name);
    this.#out.u32(section.instanceId);
    this.#out.u32(section.versionId);
  }

  /** Opens a section that goes on, or ends, what a START began. */
  continueSection(kind: "part" | "end", sectionId: number): void {
    this.#out.u8(Section[kind]);
    this.#out.u32(sectionId);
  }

  closeSection(sectionId: number): void {
    this.#out.u8(Section.footer);
    this.#out.u32(sectionId);
  }

  /** A whole section of another subsystem than the RAM, as it was received. */
  section(kind: SectionHeader["kind"], section: SectionName, body: Uint8Array): void {
    if (kind === "start" || kind === "full") this.openSection(kind, section);
    else this.continueSection(kind, section.sectionId);
    this.#out.bytes(body);
    this.closeSection(section.sectionId);
  }

  /** The START section of the RAM: the table of its blocks, no pages. */
  ramTable(section: SectionName, blocks: readonly BlockRow[]): void {
    this.openSection("start", section);
    this.#word(
      blocks.reduce((sum, { length }) => sum + length, 0),
      RamFlag.blocks,
    );
    for (const { name, length, hostPageSize, address = null } of blocks) {
      this.#out.shortText(name);
      this.#out.u64(length);
      if (hostPageSize !== null) this.#out.u64(hostPageSize);
      if (address !== null) this.#out.u64(address);
    }
    this.endOfRecords();
    this.closeSection(section.sectionId);
    this.#lastBlock = null;
  }

  /** A page of zeros, as a record of the RAM's section that is open. */
  zeroPage(block: string, offset: Bytes): void {
    this.#record(block, offset, RamFlag.zero);
    this.#out.u8(0);
  }

  /** A page as it is: 4096 bytes. */
  rawPage(block: string, offset: Bytes, page: Uint8Array): void {
    this.#record(block, offset, RamFlag.page);
    this.#out.bytes(page);
  }

  /** What a page of which the target has an older version became, as XBZRLE has it. */
  deltaPage(block: string, offset: Bytes, delta: Uint8Array): void {
    this.#record(block, offset, RamFlag.xbzrle);
    this.#out.u8(1);
    this.#out.u16(delta.length);
    this.#out.bytes(delta);
  }

  /** Ends the records of a section of the RAM. */
  endOfRecords(): void {
    this.#word(0, RamFlag.endOfSection);
  }

  /** The end of all sections. */
  end(): void {
    this.#out.u8(Section.eof);
  }

  /**
   * What the devices' bytes mean, as JSON. Null, as after a post-copy: nothing is described, rather than that
   * the description is missing, which QEMU would complain of.
   */
  description(text: Uint8Array | null): void {
    const described = text ?? new TextEncoder().encode(NO_DESCRIPTION);
    this.#out.u8(Section.description);
    this.#out.u32(described.length);
    this.#out.bytes(described);
  }

  #command(id: number, length: number): void {
    this.#out.u8(Section.command);
    this.#out.u16(id);
    this.#out.u16(length);
  }

  #record(block: string, offset: Bytes, flag: number): void {
    const isSame = block === this.#lastBlock;
    this.#word(offset, isSame ? flag | RamFlag.sameBlock : flag);
    if (!isSame) this.#out.shortText(block);
    this.#lastBlock = block;
  }

  /** An offset of whole pages, with flags in the bits that it leaves free. */
  #word(offset: Bytes, flags: number): void {
    this.#out.u64(offset + flags);
  }
}
