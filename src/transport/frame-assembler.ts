import { WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";
import type { FramePool } from "./frame-pool.js";

/** Before every frame in a stream of bytes: its length, as a little-endian u32. */
export const PREFIX_BYTES: Bytes = 4;

/** What is read at a time while no long frame is under way. */
const STAGING_BYTES: Bytes = 64 * 1024;

/**
 * Makes frames of a stream of bytes. Whoever can read into memory that is given reads into `room`, so that
 * long frames lie where they came; all others push chunks. No memory is taken for a frame before its length is
 * found to be within the limit.
 */
export class FrameAssembler {
  readonly #pool: FramePool;
  readonly #limit: () => Bytes;
  readonly #put: (frame: Uint8Array) => void;
  readonly #prefix: DataView = new DataView(new ArrayBuffer(PREFIX_BYTES));
  #prefixed = 0;
  #frame: Uint8Array | null = null;
  #filled: Bytes = 0;
  #staging: Uint8Array | null = null;

  /** @param limit - Most bytes of a frame at present. */
  constructor(pool: FramePool, limit: () => Bytes, put: (frame: Uint8Array) => void) {
    this.#pool = pool;
    this.#limit = limit;
    this.#put = put;
  }

  /** Whether the stream may end here. */
  get isBetweenFrames(): boolean {
    return this.#frame === null && this.#prefixed === 0;
  }

  /** Where the next bytes may be put, at least one. */
  room(): Uint8Array {
    const frame = this.#frame;
    if (frame !== null && frame.length - this.#filled >= STAGING_BYTES) {
      return frame.subarray(this.#filled);
    }
    this.#staging ??= new Uint8Array(STAGING_BYTES);
    return this.#staging;
  }

  /**
   * So many bytes were put into this room.
   *
   * @throws WireFormatError when a frame is too long; then nothing more may be asked.
   */
  filled(room: Uint8Array, bytes: Bytes): void {
    if (room === this.#staging) this.push(room.subarray(0, bytes));
    else {
      this.#filled += bytes;
      this.#finish();
    }
  }

  /** Takes a chunk; its bytes are copied. @throws WireFormatError as {@link FrameAssembler.filled}. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#frame === null) at += this.#takePrefix(chunk, at);
      const frame = this.#frame;
      if (frame === null) continue;
      const end = Math.min(chunk.length, at + frame.length - this.#filled);
      frame.set(chunk.subarray(at, end), this.#filled);
      this.#filled += end - at;
      at = end;
      this.#finish();
    }
  }

  #takePrefix(chunk: Uint8Array, at: number): number {
    const from = at;
    while (this.#prefixed < PREFIX_BYTES && at < chunk.length) {
      this.#prefix.setUint8(this.#prefixed++, chunk[at++] as number);
    }
    if (this.#prefixed === PREFIX_BYTES) this.#begin(this.#prefix.getUint32(0, true));
    return at - from;
  }

  #begin(length: Bytes): void {
    const limit = this.#limit();
    if (length > limit) {
      throw new WireFormatError(`a frame of ${length} bytes, more than ${limit}`, 0);
    }
    this.#frame = this.#pool.take(length);
    this.#filled = 0;
    this.#finish();
  }

  #finish(): void {
    const frame = this.#frame;
    if (frame === null || this.#filled < frame.length) return;
    this.#frame = null;
    this.#prefixed = 0;
    this.#put(frame);
  }
}
