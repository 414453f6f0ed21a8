import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { assert, WireFormatError } from "../errors.js";
import { fileRefusal } from "../files/file-errors.js";
import type { StagedFolder } from "../files/staged-folder.js";
import { PageDelta } from "../kernel/page-delta.js";
import { PageScan } from "../kernel/page-scan.js";
import type { StreamCommand } from "../qemu/commands.js";
import type { RamBlock } from "../qemu/ram-blocks.js";
import type {
  Configuration,
  DeviceSection,
  PageKind,
  SectionHeader,
  StreamVisitor,
} from "../qemu/stream-visitor.js";
import type { VmDescription } from "../qemu/vm-description.js";
import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import {
  MANIFEST_NAME,
  MAX_GUEST_BYTES,
  type Manifest,
  type StoredBlock,
  type StoredFile,
  type StoredSection,
} from "./manifest.js";
import { PageBits } from "./page-bits.js";
import { PageFile } from "./page-file.js";

/** Pages that are read back together for their digests. */
const PIECE: Bytes = 256 * PAGE_SIZE;

interface Block {
  readonly block: RamBlock;
  readonly pages: PageFile;
  /** Pages that were discarded and have not come again. */
  readonly missing: PageBits;
}

/** A guest that a stream brings, on its way to the disk: a visitor that applies what a decoder tells. */
export class DiskImage implements StreamVisitor {
  readonly #folder: StagedFolder;
  readonly #sections: StoredSection[] = [];
  readonly #states: Uint8Array[] = [];
  readonly #page: Uint8Array = new Uint8Array(PAGE_SIZE);
  #blocks: Block[] = [];
  #configuration: Configuration | null = null;
  #description: Uint8Array | null = null;

  constructor(folder: StagedFolder) {
    this.#folder = folder;
  }

  get machineType(): string | null {
    return this.#configuration?.machineType ?? null;
  }

  get memoryBytes(): Bytes {
    return this.#blocks.reduce((sum, { block }) => sum + block.length, 0);
  }

  /** Pages that were discarded and have not come again. */
  get missing(): PageCount {
    return this.#blocks.reduce((sum, { missing }) => sum + missing.count, 0);
  }

  /** Which pages of each block are missing, in the order of the stream's table. */
  get missingPages(): readonly { readonly block: RamBlock; readonly missing: PageBits }[] {
    return this.#blocks;
  }

  configuration(configuration: Configuration): void {
    this.#configuration = configuration;
  }

  ramBlocks(blocks: readonly RamBlock[]): void {
    const total = blocks.reduce((sum, { length }) => sum + length, 0);
    if (total > MAX_GUEST_BYTES)
      throw new WireFormatError(`a guest of ${total} bytes, more than ${MAX_GUEST_BYTES}`, -1);
    if (this.#blocks.length > 0) {
      const isSame =
        blocks.length === this.#blocks.length &&
        blocks.every(({ name, length }, index) => {
          const known = this.#blocks[index]?.block;
          return known?.name === name && known.length === length;
        });
      if (!isSame) throw new WireFormatError("the guest's memory changes amid its migration", -1);
      return;
    }
    this.#blocks = blocks.map((block) => ({
      block,
      pages: this.#attempt(() => new PageFile(this.#folder.file(pagesName(block)), block.length)),
      missing: new PageBits(block.length),
    }));
  }

  page(block: RamBlock, offset: number, kind: PageKind, bytes: Uint8Array): void {
    const { pages, missing } = this.#blocks[block.index] as Block;
    this.#attempt(() => {
      if (kind === "xbzrle") {
        pages.read(offset, this.#page);
        PageDelta.apply(this.#page, bytes);
        pages.write(offset, this.#page);
      } else if (bytes.length === 0) pages.clear(offset);
      else pages.write(offset, bytes);
    });
    missing.clear(offset / PAGE_SIZE);
  }

  /** Pages that a post-copy discards are missing until they come again. */
  command(command: StreamCommand): void {
    if (command.kind !== "ram-discard") return;
    const { missing } = this.#blocks[command.block.index] as Block;
    for (const { start, length } of command.ranges) {
      const end = (start + length) / PAGE_SIZE;
      for (let page = start / PAGE_SIZE; page < end; page++) missing.set(page);
    }
  }

  sectionStart(section: SectionHeader): void {
    if (section.kind === "start" && section.name === "ram") this.#remember(section, 0);
  }

  device(section: DeviceSection): void {
    this.#remember(section, section.body.length);
    this.#states.push(section.body);
  }

  description({ devices }: VmDescription, text: Uint8Array): void {
    // One that describes nothing stands for one that was not there.
    if (devices.length > 0) this.#description = text;
  }

  /**
   * Writes what is not yet written, reads every page back for its digest, waits for the disk and gives the
   * folder its name.
   *
   * @throws WireFormatError when pages or the stream's parts are missing.
   */
  async commit(arrivedBy: Manifest["arrivedBy"]): Promise<Manifest> {
    const configuration = this.#configuration;
    if (this.missing > 0) throw new WireFormatError(`${this.missing} pages never came`, -1);
    if (configuration === null || this.#blocks.length === 0)
      throw new WireFormatError("the stream ends before the guest's memory", -1);
    try {
      const blocks: StoredBlock[] = [];
      for (const block of this.#blocks) blocks.push(await this.#storeBlock(block));
      const manifest: Manifest = {
        kind: "godwit-vm",
        version: 1,
        machineType: configuration.machineType,
        arrivedBy,
        blocks,
        sections: this.#sections,
        configuration: await this.#storeFile("configuration.bin", [configuration.bytes]),
        devices: await this.#storeFile("devices.bin", this.#states),
        description:
          this.#description === null
            ? null
            : await this.#storeFile("description.json", [this.#description]),
      };
      const text = `${JSON.stringify(manifest, null, 2)}\n`;
      await this.#storeFile(MANIFEST_NAME, [new TextEncoder().encode(text)]);
      await this.#folder.commit();
      return manifest;
    } catch (cause) {
      throw fileRefusal("store", this.#folder.path, "a folder that can be filled", cause);
    }
  }

  /** Lets go of the files. */
  close(): void {
    for (const { pages } of this.#blocks) pages.close();
    this.#blocks = [];
  }

  #remember(section: SectionHeader, length: Bytes): void {
    const { kind, sectionId, name, instanceId, versionId } = section;
    this.#sections.push({ kind, sectionId, name, instanceId, versionId, length });
  }

  async #storeBlock({ block, pages }: Block): Promise<StoredBlock> {
    pages.sync();
    const digests = async function* (): AsyncGenerator<Uint8Array> {
      const buffer = new Uint8Array(PIECE);
      const ofHole = digestBytes(buffer);
      for (let offset = 0; offset < block.length; offset += PIECE) {
        const count = Math.min(PIECE, block.length - offset);
        const piece = buffer.subarray(0, count);
        if (pages.isHole(offset, count)) yield ofHole.subarray(0, (8 * count) / PAGE_SIZE);
        else {
          pages.read(offset, piece);
          yield digestBytes(piece);
        }
        // A large block takes a while; the event loop is to live.
        await new Promise((resume) => setImmediate(resume));
      }
    };
    return {
      name: block.name,
      length: block.length,
      hostPageSize: block.hostPageSize,
      file: pagesName(block),
      digests: await this.#storeFile(`block-${block.index}.digests`, digests()),
    };
  }

  async #storeFile(
    name: string,
    parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<StoredFile> {
    const hash = createHash("sha256");
    const file = await open(this.#folder.file(name), "wx", 0o600);
    let length = 0;
    try {
      for await (const part of parts) {
        hash.update(part);
        length += part.length;
        await file.writeFile(part);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { file: name, length, sha256: hash.digest("hex") };
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      throw fileRefusal("store", this.#folder.path, "a folder that can be filled", cause);
    }
  }
}

function pagesName({ index }: RamBlock): string {
  return `block-${index}.pages`;
}

/** The digest of each page, 8 bytes, little-endian. */
export function digestBytes(pages: Uint8Array): Uint8Array {
  const digests = PageScan.digests(pages);
  assert(new Uint8Array(Uint16Array.of(1).buffer)[0] === 1, "a little-endian machine");
  return new Uint8Array(digests.buffer, digests.byteOffset, digests.byteLength);
}
