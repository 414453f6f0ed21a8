import { createHash } from "node:crypto";
import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { InvalidOptionError } from "../errors.js";
import { fileRefusal } from "../files/file-errors.js";
import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import { digestBytes } from "./disk-image.js";
import {
  MANIFEST_NAME,
  MAX_MANIFEST_BYTES,
  type Manifest,
  readManifest,
  refuseFolder,
  type StoredBlock,
  type StoredFile,
} from "./manifest.js";

/** A VM in a folder, opened for reading. What is read of it is what was stored, or an error. */
export class StoredVm {
  readonly manifest: Manifest;
  /** The start of the stream, to be sent as it came. */
  readonly configuration: Uint8Array;
  /** The states of the devices, one behind the other, as the manifest's sections divide them. */
  readonly devices: Uint8Array;
  /** What they mean; null after post-copy. */
  readonly description: Uint8Array | null;
  /** The memory, in the order of the manifest. */
  readonly blocks: readonly StoredPages[];

  private constructor(
    manifest: Manifest,
    configuration: Uint8Array,
    devices: Uint8Array,
    description: Uint8Array | null,
    blocks: readonly StoredPages[],
  ) {
    this.manifest = manifest;
    this.configuration = configuration;
    this.devices = devices;
    this.description = description;
    this.blocks = blocks;
  }

  /**
   * Opens a stored VM. Everything but the pages is read and checked now; a page when it is wanted.
   *
   * @throws InvalidOptionError naming `option` for a folder that is no stored VM or a damaged one.
   */
  static async open(option: string, path: string): Promise<StoredVm> {
    const folder = new StoredFolder(option, path);
    const manifest = readManifest(option, path, await folder.manifestText());
    const [configuration, devices, description] = [
      await folder.read(manifest.configuration),
      await folder.read(manifest.devices),
      manifest.description === null ? null : await folder.read(manifest.description),
    ];
    const described = manifest.sections.reduce((sum, { length }) => sum + length, 0);
    if (described !== devices.length) throw folder.refusal("its devices have another size");
    const blocks: StoredPages[] = [];
    try {
      for (const block of manifest.blocks) blocks.push(await folder.openBlock(block));
    } catch (error) {
      for (const block of blocks) await block.close();
      throw error;
    }
    return new StoredVm(manifest, configuration, devices, description, blocks);
  }

  async close(): Promise<void> {
    for (const block of this.blocks) await block.close();
  }
}

/** The pages of a stored block. */
export class StoredPages {
  readonly block: StoredBlock;
  readonly #file: FileHandle;
  readonly #digests: Uint8Array;
  readonly #folder: StoredFolder;

  constructor(block: StoredBlock, file: FileHandle, digests: Uint8Array, folder: StoredFolder) {
    this.block = block;
    this.#file = file;
    this.#digests = digests;
    this.#folder = folder;
  }

  get pageCount(): PageCount {
    return this.block.length / PAGE_SIZE;
  }

  /** Whether a page holds nothing but zeros; known without reading it. */
  isZero(page: number): boolean {
    const zero = zeroDigest();
    const at = 8 * page;
    for (let byte = 0; byte < 8; byte++) {
      if (this.#digests[at + byte] !== zero[byte]) return false;
    }
    return true;
  }

  /**
   * The bytes of `count` pages from `page` on, compared with their digests.
   *
   * @throws InvalidOptionError when a page is not what was stored.
   */
  async read(page: number, count: PageCount): Promise<Uint8Array> {
    const bytes = new Uint8Array(count * PAGE_SIZE);
    await this.#folder.fill(this.#file, bytes, page * PAGE_SIZE);
    const digests = digestBytes(bytes);
    const wanted = this.#digests.subarray(8 * page, 8 * (page + count));
    if (Buffer.compare(digests, wanted) !== 0) {
      const bad = digests.findIndex((byte, index) => byte !== wanted[index]);
      throw this.#folder.refusal(
        `page ${page + Math.floor(bad / 8)} of ${this.block.name} is not what was stored`,
      );
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

class StoredFolder {
  readonly #option: string;
  readonly #path: string;

  constructor(option: string, path: string) {
    this.#option = option;
    this.#path = path;
  }

  refusal(why: string, cause?: unknown): InvalidOptionError {
    return refuseFolder(this.#option, this.#path, why, cause);
  }

  async manifestText(): Promise<string> {
    return this.#attempt(MANIFEST_NAME, async (path) => {
      if ((await stat(path)).size > MAX_MANIFEST_BYTES)
        throw this.refusal("its manifest is too long");
      return readFile(path, "utf8");
    });
  }

  async read({ file, length, sha256 }: StoredFile): Promise<Uint8Array> {
    return this.#attempt(file, async (path) => {
      if ((await stat(path)).size !== length) throw this.refusal(`${file} has another size`);
      const bytes = await readFile(path);
      if (createHash("sha256").update(bytes).digest("hex") !== sha256)
        throw this.refusal(`${file} is not what was stored`);
      return bytes;
    });
  }

  async openBlock(block: StoredBlock): Promise<StoredPages> {
    const digests = await this.read(block.digests);
    return this.#attempt(block.file, async (path) => {
      const status = await stat(path);
      if (!status.isFile() || status.size !== block.length)
        throw this.refusal(`${block.file} has another size`);
      return new StoredPages(block, await open(path, "r"), digests, this);
    });
  }

  async fill(file: FileHandle, into: Uint8Array, offset: Bytes): Promise<void> {
    await this.#attempt("", async () => {
      for (let filled = 0; filled < into.length; ) {
        const left = into.length - filled;
        const { bytesRead } = await file.read(into, filled, left, offset + filled);
        if (bytesRead === 0) throw this.refusal("a file of it became shorter");
        filled += bytesRead;
      }
    });
  }

  async #attempt<T>(name: string, action: (path: string) => Promise<T>): Promise<T> {
    try {
      return await action(join(this.#path, name));
    } catch (cause) {
      const expected = `the folder of a stored VM${name === "" ? "" : ` with a file ${name}`}`;
      throw fileRefusal(this.#option, this.#path, expected, cause);
    }
  }
}

let zero: Uint8Array | undefined;
function zeroDigest(): Uint8Array {
  zero ??= digestBytes(new Uint8Array(PAGE_SIZE));
  return zero;
}
