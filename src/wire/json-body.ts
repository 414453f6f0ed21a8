import * as v from "valibot";
import { assert, WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";

/** Most bytes of a body that is JSON. */
export const MAX_JSON_BYTES: Bytes = 64 * 1024;

/** A value as the body of a frame: JSON in UTF-8. */
export function encodeJson(value: unknown): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  assert(bytes.length <= MAX_JSON_BYTES, `${bytes.length} bytes of JSON are too long for a frame`);
  return bytes;
}

/**
 * Reads a body that is JSON, and checks that it is what was expected.
 *
 * @param what - The message, for people.
 * @throws WireFormatError that says what is wrong with it.
 */
export function decodeJson<const Schema extends v.GenericSchema>(
  body: Uint8Array,
  schema: Schema,
  what: string,
): v.InferOutput<Schema> {
  const read = v.safeParse(schema, parse(body, what));
  if (read.success) return read.output;
  const [issue] = read.issues;
  const place = v.getDotPath(issue);
  const where = place === null ? what : `${place} of ${what}`;
  throw new WireFormatError(`${where} is damaged: ${issue.message.slice(0, 200)}`, -1);
}

function parse(body: Uint8Array, what: string): unknown {
  if (body.length > MAX_JSON_BYTES) {
    throw new WireFormatError(`${what} has ${body.length} bytes, more than ${MAX_JSON_BYTES}`, -1);
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new WireFormatError(`${what} is not JSON`, -1, { cause });
  }
}
