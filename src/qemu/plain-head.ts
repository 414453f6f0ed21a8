import { assert } from "../errors.js";
import type { Configuration } from "./stream-visitor.js";
import { Section, STREAM_MAGIC, STREAM_VERSION } from "./wire.js";
import { WireBuffer } from "./wire-buffer.js";

const CAPABILITIES = "configuration/capabilities";
/** What the other parts of the configuration have behind their version. */
const BODY_BYTES: Readonly<Record<string, number>> = {
  "configuration/target-page-bits": 4,
  "configuration/uuid": 16,
};

/**
 * The head of a stream whose pages are in it, record by record: as it was read, but without the capability
 * `mapped-ram`, which a target would insist on.
 */
export function plainHead(configuration: Configuration): Uint8Array {
  const { bytes, machineType } = configuration;
  const capabilities = configuration.capabilities.filter((name) => name !== "mapped-ram");
  if (capabilities.length === configuration.capabilities.length) return bytes;
  const out = new WireBuffer();
  out.u32(STREAM_MAGIC);
  out.u32(STREAM_VERSION);
  out.u8(Section.configuration);
  out.u32(machineType.length);
  const from = out.length + machineType.length;
  out.bytes(bytes.subarray(out.length, from));
  for (const part of partsOf(bytes, from)) {
    if (part.name !== CAPABILITIES) out.bytes(part.bytes);
    else if (capabilities.length > 0) {
      out.u8(Section.subsection);
      out.shortText(CAPABILITIES);
      out.u32(1);
      out.u32(capabilities.length);
      for (const name of capabilities) out.shortText(name);
    }
  }
  return out.take();
}

/** The subsections of a configuration that has been read, so it is well formed. */
function* partsOf(
  bytes: Uint8Array,
  from: number,
): Generator<{ readonly name: string; readonly bytes: Uint8Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = from; at < bytes.length; ) {
    const nameEnd = at + 2 + view.getUint8(at + 1);
    const name = String.fromCharCode(...bytes.subarray(at + 2, nameEnd));
    let end = nameEnd + 4;
    if (name === CAPABILITIES) {
      const count = view.getUint32(end);
      end += 4;
      for (let i = 0; i < count; i++) end += 1 + view.getUint8(end);
    } else {
      const body = BODY_BYTES[name];
      assert(body !== undefined, "a configuration that was read has known parts");
      end += body;
    }
    yield { name, bytes: bytes.subarray(at, end) };
    at = end;
  }
}
