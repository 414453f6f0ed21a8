import { WireFormatError } from "../../errors.js";

/** Reads a WebAssembly binary's numbers and names; leaving the bytes is a {@link WireFormatError}. */
export class WasmReader {
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
    if (this.at >= this.end) this.fail("ends early");
    return this.bytes[this.at++] as number;
  }

  /** An unsigned number of up to 32 bits, seven bits a byte (LEB128). */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) {
        if (value >= 2 ** 32) break;
        return value;
      }
    }
    return this.fail("has a number beyond 32 bits");
  }

  /** Passes over a number of up to 64 bits. */
  skipNumber(): void {
    for (let bytes = 0; bytes < 10; bytes++) if (this.u8() < 128) return;
    this.fail("has a number beyond 64 bits");
  }

  /** A view of the next bytes. */
  take(length: number): Uint8Array {
    if (length > this.end - this.at) this.fail("ends early");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  name(): string {
    return new TextDecoder().decode(this.take(this.u32()));
  }

  /** As many of what `read` reads as the number before them says. */
  list<Item>(read: () => Item): Item[] {
    const count = this.u32();
    // Every item takes a byte at least, so a count beyond the rest is refused before anything is kept.
    if (count > this.end - this.at) this.fail("has a list longer than itself");
    return Array.from({ length: count }, read);
  }

  fail(what: string): never {
    throw new WireFormatError(`WebAssembly module ${what}`, this.at);
  }
}

/** An unsigned number as LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

/** A signed 32-bit number as LEB128. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest & 127];
}

/** One piece of memory of many. */
export function join(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
