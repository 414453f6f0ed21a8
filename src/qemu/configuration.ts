import { WireFormatError } from "../errors.js";
import { PAGE_SIZE } from "../units.js";
import { quoted } from "./ram-blocks.js";
import type { StreamReader } from "./stream-reader.js";
import type { Configuration } from "./stream-visitor.js";
import { Section, STREAM_MAGIC, STREAM_VERSION } from "./wire.js";

/** What is read up to the first section: a few names, in QEMU less than 200 bytes. */
const MAX_NAME = 255;
const MAX_CAPABILITIES = 64;
const UUID_BYTES = 16;
const MAX_BYTES = 65536;

/** Keeps what is read, so that it can be sent again as it came. */
class Recorder {
  readonly reader: StreamReader;
  readonly #parts: number[] = [];

  constructor(reader: StreamReader) {
    this.reader = reader;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#parts);
  }

  async take(count: number): Promise<Uint8Array> {
    await this.reader.fill(count, "the configuration");
    const bytes = this.reader.take(count).slice();
    for (const byte of bytes) this.#parts.push(byte);
    if (this.#parts.length > MAX_BYTES) {
      throw new WireFormatError("a configuration without an end", this.reader.offset);
    }
    return bytes;
  }

  async number(bytes: 1 | 4): Promise<number> {
    const taken = await this.take(bytes);
    return taken.reduce((number, byte) => number * 256 + byte, 0);
  }

  async text(length: number): Promise<string> {
    return String.fromCharCode(...(await this.take(length)));
  }
}

/**
 * Reads the magic and the configuration.
 *
 * @throws WireFormatError for what is no stream of version 3, for pages that are not 4096 bytes, and for
 *   streams without configuration: of machine types up to 2.3, whose sections have no footers.
 */
export async function readConfiguration(reader: StreamReader): Promise<Configuration> {
  const at = reader.offset;
  const recorder = new Recorder(reader);
  if ((await recorder.number(4)) !== STREAM_MAGIC) {
    throw new WireFormatError("this is no migration stream of QEMU", at);
  }
  const version = await recorder.number(4);
  if (version !== STREAM_VERSION) {
    throw new WireFormatError(`version ${version} of the stream is not known`, at + 4);
  }
  if ((await recorder.number(1)) !== Section.configuration) {
    throw new WireFormatError(
      "the stream has no configuration; machine types up to 2.3 are not read",
      at + 8,
    );
  }
  const length = await recorder.number(4);
  if (length === 0 || length > MAX_NAME) {
    throw new WireFormatError(`a machine type of ${length} characters`, at + 9);
  }
  const machineType = await recorder.text(length);
  const found = { capabilities: [] as string[], uuid: null as Uint8Array | null };
  await reader.fill(1, "its sections");
  while (reader.bytes[reader.position] === Section.subsection) {
    await readSubsection(recorder, found);
    await reader.fill(1, "its sections");
  }
  return { machineType, ...found, bytes: recorder.bytes };
}

async function readSubsection(
  recorder: Recorder,
  found: { capabilities: string[]; uuid: Uint8Array | null },
): Promise<void> {
  const at = recorder.reader.offset;
  await recorder.take(1);
  const name = await recorder.text(await recorder.number(1));
  await recorder.number(4);
  switch (name) {
    case "configuration/target-page-bits": {
      const bits = await recorder.number(4);
      if (2 ** bits !== PAGE_SIZE) {
        throw new WireFormatError(`pages of 2^${bits} bytes, only ${PAGE_SIZE} are read`, at);
      }
      break;
    }
    case "configuration/capabilities": {
      const count = await recorder.number(4);
      if (count > MAX_CAPABILITIES) throw new WireFormatError(`${count} capabilities`, at);
      found.capabilities = [];
      for (let i = 0; i < count; i++) {
        found.capabilities.push(await recorder.text(await recorder.number(1)));
      }
      break;
    }
    case "configuration/uuid":
      found.uuid = await recorder.take(UUID_BYTES);
      break;
    default:
      throw new WireFormatError(`an unknown part of the configuration, ${quoted(name)}`, at);
  }
}
