import { assert } from "../errors.js";

const FIRST_BYTES = 4096;

/** Bytes to be sent, written one after the other; whole numbers are big-endian, as in QEMU's stream. */
export class WireBuffer {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_BYTES);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Bytes written since the last {@link WireBuffer.take}. */
  get length(): number {
    return this.#length;
  }

  /** Hands out what was written, and begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    return this.drain().slice();
  }

  /** As {@link WireBuffer.take}, but a view that the next bytes overwrite: for those who are done with it at once. */
  drain(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  u8(value: number): void {
    const at = this.#step(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#step(2);
    this.#view.setUint16(at, value);
  }

  u32(value: number): void {
    const at = this.#step(4);
    this.#view.setUint32(at, value);
  }

  /** @param value - Whole, up to 2^53. */
  u64(value: number): void {
    this.u32(Math.floor(value / 0x1_0000_0000));
    this.u32(value % 0x1_0000_0000);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#step(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Text of one byte a character, led by its length in one byte. */
  shortText(text: string): void {
    assert(text.length < 256, "a name of QEMU has at most 255 characters");
    this.u8(text.length);
    for (let index = 0; index < text.length; index++) this.u8(text.charCodeAt(index));
  }

  /** Makes room, which may move everything: to be called before the view is looked at. */
  #step(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
