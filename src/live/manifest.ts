import { InvalidOptionError } from "../errors.js";
import type { SectionHeader } from "../qemu/stream-visitor.js";
import { isRecord } from "../qmp/qmp-message.js";
import { type Bytes, PAGE_SIZE } from "../units.js";

/** Name of the manifest in the folder of a stored VM. */
export const MANIFEST_NAME = "manifest.json";
/** Longest manifest that is read. */
export const MAX_MANIFEST_BYTES: Bytes = 16 * 2 ** 20;
/** Most memory that is taken in: the maps of its pages then take 128 MiB. */
export const MAX_GUEST_BYTES: Bytes = 2 * 2 ** 40;

/** What a stored VM is made of: `manifest.json` in its folder. */
export interface Manifest {
  readonly kind: "godwit-vm";
  readonly version: 1;
  /** Such as `pc-i440fx-7.2`; what it is sent to must be started as the same machine with the same devices. */
  readonly machineType: string;
  /** How it came: whole, or with its last pages behind its devices. */
  readonly arrivedBy: "pre-copy" | "post-copy";
  /** The memory, in the order of the stream's table. */
  readonly blocks: readonly StoredBlock[];
  /** Everything else of the stream in its order; `ram` is where the memory belongs. */
  readonly sections: readonly StoredSection[];
  /** The start of the stream, up to the first section; the states of the devices, one behind the other. */
  readonly configuration: StoredFile;
  readonly devices: StoredFile;
  /** What the devices' states mean, as QEMU says it; null after post-copy, which does not. */
  readonly description: StoredFile | null;
}

/** A file and what must be in it. */
export interface StoredFile {
  readonly file: string;
  readonly length: Bytes;
  readonly sha256: string;
}

/** A block of memory: a file with its pages, and one with the XXH3 digest of each, 8 bytes, little-endian. */
export interface StoredBlock {
  readonly name: string;
  readonly length: Bytes;
  /** Where the host's pages behind it were larger than 4096 bytes; else null. */
  readonly hostPageSize: Bytes | null;
  readonly file: string;
  readonly digests: StoredFile;
}

/** One section of the stream. */
export interface StoredSection {
  readonly kind: SectionHeader["kind"];
  readonly sectionId: number;
  readonly name: string;
  readonly instanceId: number;
  readonly versionId: number;
  /** Bytes in the file of the devices; 0 for `ram`. */
  readonly length: Bytes;
}

/**
 * Reads a manifest. Nothing in it is believed before it was checked: names of files, sizes, counts.
 *
 * @throws InvalidOptionError naming `option` and `path` for what is no manifest.
 */
export function readManifest(option: string, path: string, text: string): Manifest {
  const reader = new ManifestReader(option, path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw reader.refusal("its manifest is not JSON", cause);
  }
  return reader.manifest(json);
}

const FILE_NAME = /^[a-z0-9][a-z0-9.-]{0,60}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const KINDS = ["start", "part", "end", "full"] as const;
/** Longest name QEMU has for a block or a section. */
const MAX_NAME = 255;

/** Refuses a folder that is not one of a stored VM, or no longer. */
export function refuseFolder(
  option: string,
  path: string,
  why: string,
  cause?: unknown,
): InvalidOptionError {
  return new InvalidOptionError(option, path, `the folder of a stored VM; ${why}`, { cause });
}

class ManifestReader {
  readonly refusal: (why: string, cause?: unknown) => InvalidOptionError;

  constructor(option: string, path: string) {
    this.refusal = (why, cause) => refuseFolder(option, path, why, cause);
  }

  manifest(json: unknown): Manifest {
    const fields = this.#fields(json, "the manifest");
    if (fields["kind"] !== "godwit-vm") throw this.refusal("its manifest is of something else");
    if (fields["version"] !== 1) throw this.refusal("its manifest is of another version of godwit");
    const blocks = this.#list(fields, "blocks").map((block) => this.#block(block));
    const total = blocks.reduce((sum, { length }) => sum + length, 0);
    if (blocks.length === 0 || total > MAX_GUEST_BYTES)
      throw this.refusal("its memory has no sense");
    if (new Set(blocks.map(({ name }) => name)).size < blocks.length)
      throw this.refusal("a block of memory is there twice");
    const sections = this.#list(fields, "sections").map((section) => this.#section(section));
    if (sections.filter(({ name }) => name === "ram").length !== 1)
      throw this.refusal("its memory has no place among the sections");
    const arrivedBy = fields["arrivedBy"] === "post-copy" ? "post-copy" : "pre-copy";
    return {
      kind: "godwit-vm",
      version: 1,
      machineType: this.#text(fields, "machineType"),
      arrivedBy,
      blocks,
      sections,
      configuration: this.#file(fields["configuration"]),
      devices: this.#file(fields["devices"]),
      description: fields["description"] === null ? null : this.#file(fields["description"]),
    };
  }

  #block(json: unknown): StoredBlock {
    const fields = this.#fields(json, "a block");
    const length = this.#number(fields, "length");
    if (length === 0 || length % PAGE_SIZE !== 0)
      throw this.refusal("a block of memory is no number of pages");
    const digests = this.#file(fields["digests"]);
    if (digests.length !== (8 * length) / PAGE_SIZE)
      throw this.refusal("a block of memory has not as many digests as pages");
    return {
      name: this.#text(fields, "name"),
      length,
      hostPageSize: fields["hostPageSize"] === null ? null : this.#number(fields, "hostPageSize"),
      file: this.#fileName(fields),
      digests,
    };
  }

  #section(json: unknown): StoredSection {
    const fields = this.#fields(json, "a section");
    const kind = KINDS.find((one) => one === fields["kind"]);
    if (kind === undefined) throw this.refusal("a section is of no known kind");
    return {
      kind,
      sectionId: this.#number(fields, "sectionId", 2 ** 32),
      name: this.#text(fields, "name"),
      instanceId: this.#number(fields, "instanceId", 2 ** 32),
      versionId: this.#number(fields, "versionId", 2 ** 32),
      length: this.#number(fields, "length"),
    };
  }

  #file(json: unknown): StoredFile {
    const fields = this.#fields(json, "a file");
    const { sha256 } = fields;
    if (typeof sha256 !== "string" || !SHA256.test(sha256))
      throw this.refusal("a digest is missing");
    return { file: this.#fileName(fields), length: this.#number(fields, "length"), sha256 };
  }

  /** A name in the folder itself, never a path out of it. */
  #fileName(fields: Record<string, unknown>): string {
    const { file } = fields;
    if (typeof file === "string" && FILE_NAME.test(file)) return file;
    throw this.refusal("a file's name in its manifest cannot be used");
  }

  #fields(json: unknown, what: string): Record<string, unknown> {
    if (!isRecord(json)) throw this.refusal(`${what} in its manifest is damaged`);
    return json;
  }

  #list(fields: Record<string, unknown>, name: string): readonly unknown[] {
    const list = fields[name];
    if (Array.isArray(list) && list.length < 2 ** 16) return list;
    throw this.refusal(`its manifest has no ${name}`);
  }

  #text(fields: Record<string, unknown>, name: string): string {
    const text = fields[name];
    if (typeof text === "string" && text !== "" && text.length <= MAX_NAME) return text;
    throw this.refusal(`its manifest has no ${name}`);
  }

  #number(fields: Record<string, unknown>, name: string, limit = 2 ** 53): number {
    const number = fields[name];
    if (Number.isSafeInteger(number) && (number as number) >= 0 && (number as number) < limit)
      return number as number;
    throw this.refusal(`its manifest has no ${name}`);
  }
}
