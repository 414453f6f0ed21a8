import { WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";
import { readCommand } from "./commands.js";
import { readConfiguration } from "./configuration.js";
import { readUnknownBody } from "./device-section.js";
import { quoted, RamBlocks } from "./ram-blocks.js";
import { RamRecords } from "./ram-records.js";
import { readRamTable } from "./ram-table.js";
import { StreamReader } from "./stream-reader.js";
import {
  type Configuration,
  type SectionHeader,
  type StreamVisitor,
  sinkOf,
} from "./stream-visitor.js";
import { type WireVariant, wireVariant } from "./variant.js";
import { parseDescription } from "./vm-description.js";
import { Section } from "./wire.js";

/** How a decoder behaves. */
export interface DecoderOptions {
  /** Most bytes that all device sections may have together, and that the package or the description may have. Default 64 MiB. */
  readonly deviceLimit?: Bytes;
  /**
   * Whether a source is at the other end of a link and waits to be answered; its silence is then not waited
   * out. Default false: a file.
   */
  readonly isLive?: boolean;
  /**
   * Waits until every multifd channel has got to its next SYNC: pages that follow must not overtake
   * theirs. Called at each MULTIFD_FLUSH, or, for machine types up to 8.0, at the end of each of the RAM's
   * sections. Default: there are no such channels.
   */
  meet?(): Promise<void>;
}

/** Default of {@link DecoderOptions.deviceLimit}; a PC's devices have some 12 KiB, one with a GPU tens of MiB. */
export const DEVICE_LIMIT: Bytes = 64 * 1024 * 1024;
/** Sections that may be started; QEMU's machines have one, and one for each disk or assigned device. */
const MAX_STARTED = 4096;
/** Version of the RAM's section since 2009. */
const RAM_VERSION = 4;

type Started = Pick<SectionHeader, "sectionId" | "name" | "instanceId" | "versionId">;

/**
 * Decodes the main channel of a QEMU migration, version 3 of the stream, and tells a visitor in its order.
 *
 * It handles whatever has arrived at once. Its memory is what the reader buffers, plus the device section
 * that is being read, at most twice {@link DecoderOptions.deviceLimit}; pages are handed on, not kept.
 */
export class StreamDecoder {
  /** The memory as the stream declares it; other channels refer to it. */
  readonly blocks: RamBlocks = new RamBlocks();
  readonly #visitor: StreamVisitor;
  readonly #deviceLimit: Bytes;
  readonly #isLive: boolean;
  readonly #meet: (() => Promise<void>) | undefined;
  readonly #records: RamRecords;
  readonly #started = new Map<number, Started>();
  #configuration: Configuration | null = null;
  #variant: WireVariant = wireVariant(null);
  #hostPageSizes: number | null = null;
  #hasFlushes = false;
  #isRunning = false;
  #deviceBytes = 0;

  constructor(visitor: StreamVisitor, options: DecoderOptions = {}) {
    this.#visitor = visitor;
    this.#deviceLimit = options.deviceLimit ?? DEVICE_LIMIT;
    this.#isLive = options.isLive ?? false;
    this.#meet = options.meet;
    this.#records = new RamRecords(this.blocks, sinkOf(visitor));
  }

  /** What the machine type decides; known once the configuration was read. */
  get variant(): WireVariant {
    return this.#variant;
  }

  /** Whether the guest was told to run at the target while pages are missing: post-copy. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /**
   * Reads a stream from its magic to its end. Again, with the new connection, after the link of a post-copy
   * broke: that one begins with a command.
   *
   * @throws WireFormatError for bytes that break the format, and for a stream that ends before its end.
   */
  async read(source: AsyncIterable<Uint8Array> | StreamReader): Promise<void> {
    const reader = source instanceof StreamReader ? source : new StreamReader(source);
    this.#records.forget();
    await reader.fill(1, "its magic");
    const isResumed = this.#configuration !== null && reader.bytes[reader.position] !== 0x51;
    if (!isResumed) await this.#readHead(reader);
    await this.#readSections(reader, false);
    await this.#visitor.end?.();
    if (!this.#isRunning) await this.#readDescription(reader);
  }

  async #readHead(reader: StreamReader): Promise<void> {
    const configuration = await readConfiguration(reader);
    this.#configuration = configuration;
    this.#variant = wireVariant(configuration.machineType);
    this.#visitor.configuration?.(configuration);
  }

  /** Up to the byte that ends the stream, or to the end of a package. */
  async #readSections(reader: StreamReader, isPackaged: boolean): Promise<void> {
    for (;;) {
      if (isPackaged && !(await reader.hasMore())) return;
      if (reader.available < 1) await reader.fill(1, "its sections");
      const at = reader.offset;
      const type = reader.u8();
      switch (type) {
        case Section.eof:
          return;
        case Section.start:
        case Section.full:
          await this.#readOpening(reader, type, isPackaged);
          break;
        case Section.part:
        case Section.end:
          await this.#readContinuation(reader, type, isPackaged);
          break;
        case Section.command:
          await this.#obey(reader, isPackaged);
          break;
        default:
          throw new WireFormatError(`no section begins with the byte ${type}`, at);
      }
    }
  }

  async #readOpening(reader: StreamReader, type: number, isPackaged: boolean): Promise<void> {
    const offset = reader.offset - 1;
    await reader.fill(5, "a section's header");
    const sectionId = reader.u32();
    const name = await reader.shortText("a section's header");
    await reader.fill(8, "a section's header");
    const opened = { sectionId, name, instanceId: reader.u32(), versionId: reader.u32() };
    if (type === Section.start) this.#start(opened, offset);
    const kind = type === Section.start ? "start" : "full";
    await this.#readSection(reader, { kind, ...opened, offset, isPackaged });
  }

  #start(started: Started, at: number): void {
    if (started.name === "ram" && started.versionId !== RAM_VERSION) {
      throw new WireFormatError(`version ${started.versionId} of the RAM is not known`, at);
    }
    if (this.#started.size >= MAX_STARTED) throw new WireFormatError("too many sections", at);
    this.#started.set(started.sectionId, started);
  }

  async #readContinuation(reader: StreamReader, type: number, isPackaged: boolean): Promise<void> {
    const offset = reader.offset - 1;
    await reader.fill(4, "a section's header");
    const sectionId = reader.u32();
    const started = this.#started.get(sectionId);
    if (started === undefined) {
      throw new WireFormatError(`section ${sectionId} goes on but was never started`, offset);
    }
    const kind = type === Section.part ? "part" : "end";
    await this.#readSection(reader, { kind, ...started, offset, isPackaged });
  }

  async #readSection(reader: StreamReader, section: SectionHeader): Promise<void> {
    this.#visitor.sectionStart?.(section);
    if (section.name === "ram" && section.kind !== "full") {
      await this.#readRam(reader);
      await readFooter(reader, section);
    } else {
      await this.#readDevice(reader, section);
    }
    await this.#visitor.sectionEnd?.(section, reader.offset - section.offset);
  }

  async #readRam(reader: StreamReader): Promise<void> {
    for (;;) {
      const stop = await this.#records.read(reader);
      if (stop === "blocks") {
        this.#records.forget();
        const capabilities = this.#configuration?.capabilities ?? [];
        const fields = {
          hasAddresses: capabilities.includes("x-ignore-shared"),
          isMapped: capabilities.includes("mapped-ram"),
          hostPageSizes: this.#hostPageSizes,
        };
        await readRamTable(reader, this.blocks, fields, this.#visitor);
      } else {
        const isFlush = stop === "flush";
        if (isFlush) this.#hasFlushes = true;
        const isBarrier = isFlush || (this.#variant.hasSyncPerSection && !this.#hasFlushes);
        if (isBarrier) await this.#meet?.();
        if (isBarrier) this.#visitor.barrier?.();
        if (!isFlush) return;
      }
    }
  }

  async #readDevice(reader: StreamReader, section: SectionHeader): Promise<void> {
    const body = await readUnknownBody(reader, section, {
      limit: this.#deviceLimit - (section.kind === "full" ? this.#deviceBytes : 0),
      isStarted: (sectionId) => this.#started.has(sectionId),
      mayEnd: section.isPackaged,
      isLive: this.#isLive,
    });
    if (section.kind === "full") this.#deviceBytes += body.length;
    this.#visitor.device?.({ ...section, body });
  }

  async #obey(reader: StreamReader, isPackaged: boolean): Promise<void> {
    const at = reader.offset - 1;
    const command = await readCommand(reader, this.blocks);
    if (command.kind === "postcopy-advise") this.#hostPageSizes = command.pageSizes;
    if (command.kind === "postcopy-run") this.#isRunning = true;
    // The source forgets which block it named last.
    if (command.kind === "ram-discard") this.#records.forget();
    await this.#visitor.command?.(command);
    if (command.kind !== "packaged") return;
    if (isPackaged || command.length > this.#deviceLimit) {
      throw new WireFormatError(`a package of ${command.length} bytes`, at);
    }
    await reader.fill(command.length, "a package");
    const start = reader.offset;
    const inside = new StreamReader([reader.take(command.length)], start);
    await this.#readSections(inside, true);
    await this.#visitor.packageEnd?.();
  }

  async #readDescription(reader: StreamReader): Promise<void> {
    if (!(await reader.hasMore())) return;
    const at = reader.offset;
    await reader.fill(5, "the description of the devices");
    if (reader.u8() !== Section.description) {
      throw new WireFormatError("the stream goes on behind its end", at);
    }
    const length = reader.u32();
    if (length > this.#deviceLimit) {
      throw new WireFormatError(`a description of ${length} bytes`, at);
    }
    await reader.fill(length, "the description of the devices");
    const text = reader.take(length).slice();
    await this.#visitor.description?.(parseDescription(text, at + 5), text);
  }
}

async function readFooter(reader: StreamReader, section: SectionHeader): Promise<void> {
  if (reader.available < 5) await reader.fill(5, "a section's footer");
  const at = reader.offset;
  if (reader.u8() !== Section.footer || reader.u32() !== section.sectionId) {
    throw new WireFormatError(`the section of ${quoted(section.name)} has no footer`, at);
  }
}
