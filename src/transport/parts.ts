import { assert } from "../errors.js";
import type { Bytes } from "../units.js";
import { MAX_FRAME_BYTES } from "./channel.js";

/** Bytes of a frame in parts. */
export function lengthOf(parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  assert(length <= MAX_FRAME_BYTES, `a frame of ${length} bytes is too long to be sent`);
  return length;
}

/** Puts parts one after the other into `into`, from `at` on. */
export function gather(parts: readonly Uint8Array[], into: Uint8Array, at: number): void {
  for (const part of parts) {
    into.set(part, at);
    at += part.length;
  }
}

/** A copy of a frame, whole. */
export function joined(parts: readonly Uint8Array[], length: Bytes): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(length);
  gather(parts, frame, 0);
  return frame;
}
