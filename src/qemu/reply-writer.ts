import type { Bytes } from "../units.js";
import { BITMAP_END_HIGH, BITMAP_END_LOW, ReplyId } from "./wire.js";
import { WireBuffer } from "./wire-buffer.js";

/** Writes what a target sends back on the return path; each method answers the bytes of one message. */
export class ReplyWriter {
  readonly #out: WireBuffer = new WireBuffer();
  #lastBlock: string | null = null;

  /** Forgets which block was named last, as on a new connection. */
  forget(): void {
    this.#lastBlock = null;
  }

  /** Answers a ping. */
  pong(value: number): Uint8Array {
    this.#head(ReplyId.pong, 4);
    this.#out.u32(value);
    return this.#out.take();
  }

  /** The end: all is well, or not. */
  shut(isGood: boolean): Uint8Array {
    this.#head(ReplyId.shut, 4);
    this.#out.u32(isGood ? 0 : 1);
    return this.#out.take();
  }

  /** Asks for pages: whole host pages of a block. */
  requestPages(block: string, start: Bytes, length: Bytes): Uint8Array {
    const isSame = block === this.#lastBlock;
    this.#lastBlock = block;
    if (isSame) this.#head(ReplyId.requestPages, 12);
    else this.#head(ReplyId.requestNamedPages, 13 + block.length);
    this.#out.u64(start);
    this.#out.u32(length);
    if (!isSame) this.#out.shortText(block);
    return this.#out.take();
  }

  /**
   * Says which pages of a block are here, after the link of a post-copy broke.
   *
   * @param bitmap - Bit i % 8 of byte i / 8 is page i; whole 64-bit words.
   */
  receivedBitmap(block: string, bitmap: Uint8Array): Uint8Array {
    this.#head(ReplyId.receivedBitmap, 1 + block.length);
    this.#out.shortText(block);
    this.#out.u64(bitmap.length);
    this.#out.bytes(bitmap);
    this.#out.u32(BITMAP_END_HIGH);
    this.#out.u32(BITMAP_END_LOW);
    return this.#out.take();
  }

  /** Ready for the rest of a post-copy on a new connection. */
  resumeAck(): Uint8Array {
    this.#head(ReplyId.resumeAck, 4);
    this.#out.u32(1);
    return this.#out.take();
  }

  /** Ready for the switchover. */
  switchoverAck(): Uint8Array {
    this.#head(ReplyId.switchoverAck, 0);
    return this.#out.take();
  }

  #head(id: number, length: number): void {
    this.#out.u16(id);
    this.#out.u16(length);
  }
}
