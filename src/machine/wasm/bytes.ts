import { WireFormatError } from "../../errors.js";

/** Reads a module's binary format from front to end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  u8(): number {
    if (this.at >= this.end) throw new WireFormatError("the module ends too early", this.at);
    return this.bytes[this.at++] as number;
  }

  /** LEB128, 32 bits without a sign. */
  u32(): number {
    const start = this.at;
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.u8();
      value += (byte & 127) * factor;
      if (byte < 128 && value < 2 ** 32) return value;
    }
    throw new WireFormatError("a number of the module is too long", start);
  }

  /** Passes over a LEB128 number of up to 64 bits. */
  skipNumber(): void {
    const start = this.at;
    for (let bytes = 0; bytes < 10; bytes++) if (this.u8() < 128) return;
    throw new WireFormatError("a number of the module is too long", start);
  }

  skip(count: number): void {
    if (count > this.end - this.at) {
      throw new WireFormatError("the module ends too early", this.at);
    }
    this.at += count;
  }

  /** The next bytes, in place. */
  take(count: number): Uint8Array {
    this.skip(count);
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** A reader of the next bytes. */
  part(count: number): ByteReader {
    this.skip(count);
    return new ByteReader(this.bytes, this.at - count, this.at);
  }

  name(): string {
    return new TextDecoder().decode(this.take(this.u32()));
  }
}

/** Writes a module's binary format. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written, in place. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(...values: number[]): this {
    this.#reserve(values.length);
    for (const value of values) this.#bytes[this.#length++] = value;
    return this;
  }

  u32(value: number): this {
    let rest = value >>> 0;
    while (rest > 127) {
      this.u8((rest & 127) | 128);
      rest >>>= 7;
    }
    return this.u8(rest);
  }

  /** LEB128, 32 bits with a sign; takes numbers without one too. */
  s32(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      if ((rest === 0 && low < 64) || (rest === -1 && low >= 64)) return this.u8(low);
      this.u8(low | 128);
    }
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Bytes with their count in front. */
  counted(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  name(text: string): this {
    return this.counted(new TextEncoder().encode(text));
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + count));
    larger.set(this.written);
    this.#bytes = larger;
  }
}
