import { assert, PeerFailedError, WireFormatError } from "../errors.js";
import { treeDigest } from "../kernel/tree-digest.js";
import type { Channel } from "../transport/channel.js";
import type { Bytes } from "../units.js";
import { HEADER_BYTES, MAX_BODY_BYTES } from "./frame-size.js";
import { type FrameType, frameName, isFrameType } from "./frame-types.js";

/** One message of a conversation. */
export interface Frame {
  readonly type: FrameType;
  /** Eight bits that mean what the type says. */
  readonly flags: number;
  /** A view of what was received: it is the receiver's until the next frame is asked for. */
  readonly body: Uint8Array;
}

const SEQUENCE_AT = 4;
const DIGEST_AT = 8;

/**
 * Frames over a channel, numbered and digested. All numbers are little-endian:
 *
 *   u8 type | u8 flags | u16 0 | u32 sequence | u64 digest | body
 *
 * Each direction counts its frames from 0 (and from 0 again after 2^32). The digest is `treeDigest` of the first eight bytes and the body.
 * What is received is checked; a wrong digest, a frame out of turn, an unknown type or a
 * damaged header closes the channel with a WireFormatError: a channel that errs is a channel that is cut.
 */
export class FrameStream {
  readonly channel: Channel;
  readonly #header = new Uint8Array(HEADER_BYTES);
  readonly #view: DataView = new DataView(this.#header.buffer);
  readonly #head: Uint8Array = this.#header.subarray(0, DIGEST_AT);
  #sent = 0;
  #received = 0;

  constructor(channel: Channel) {
    this.channel = channel;
  }

  /** The peer, for people. */
  get peer(): string {
    return this.channel.peer;
  }

  /** Bytes that were sent and have not left yet. */
  get buffered(): Bytes {
    return this.channel.buffered;
  }

  /** Why the channel closed; see {@link Channel.failure}. */
  get failure(): Error | undefined {
    return this.channel.failure;
  }

  /** Resolves when the channel has closed. */
  get closed(): Promise<void> {
    return this.channel.closed;
  }

  /** Whether {@link FrameStream.receiveNow} can be called. */
  get canBlock(): boolean {
    return this.channel.receiveNow !== undefined;
  }

  /**
   * Sends a frame whose body is given in parts; their bytes may change afterwards. On a closed channel nothing happens.
   *
   * @param parts - At most {@link MAX_BODY_BYTES} in all; none are an empty body.
   * @param flags - 0 .. 255.
   */
  send(type: FrameType, parts: readonly Uint8Array[] = [], flags = 0): void {
    let length = 0;
    for (const part of parts) length += part.length;
    assert(length <= MAX_BODY_BYTES, `a frame of ${length} bytes is too long to be sent`);
    this.#view.setUint8(0, type);
    this.#view.setUint8(1, flags);
    this.#view.setUint32(SEQUENCE_AT, this.#sent, true);
    this.#sent = (this.#sent + 1) >>> 0;
    this.#header.set(treeDigest(this.#head, parts), DIGEST_AT);
    this.channel.send([this.#header, ...parts]);
  }

  /** Resolves when fewer than `bytes` are buffered, and when the channel closes. */
  drained(bytes: Bytes): Promise<void> {
    return this.channel.drained(bytes);
  }

  /** The next frame; null when there will be none, for which {@link FrameStream.failure} may have a reason. */
  async receive(): Promise<Frame | null> {
    const bytes = await this.channel.receive();
    return bytes === null ? null : this.#check(bytes);
  }

  /**
   * The next frame, for which the thread is blocked; undefined when none came within the time. Only where
   * {@link FrameStream.canBlock}, and never while a `receive` is open.
   */
  receiveNow(timeoutMs: number): Frame | null | undefined {
    assert(this.channel.receiveNow !== undefined, "this channel cannot block");
    const bytes = this.channel.receiveNow(timeoutMs);
    return bytes ? this.#check(bytes) : bytes;
  }

  /** What to throw where a frame was needed and the channel has closed. */
  get loss(): Error {
    return this.failure ?? new PeerFailedError(this.peer, "it closed the connection");
  }

  /** Closes the channel; see {@link Channel.close}. */
  close(failure?: Error): void {
    this.channel.close(failure);
  }

  #check(bytes: Uint8Array): Frame | null {
    try {
      return this.#parse(bytes);
    } catch (error) {
      if (!(error instanceof WireFormatError)) throw error;
      this.channel.close(error);
      return null;
    }
  }

  #parse(bytes: Uint8Array): Frame {
    if (bytes.length < HEADER_BYTES) {
      throw new WireFormatError(`a frame of ${bytes.length} bytes has no header`, 0);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
    const type = view.getUint8(0);
    const sequence = view.getUint32(SEQUENCE_AT, true);
    const body = bytes.subarray(HEADER_BYTES);
    const digest = treeDigest(bytes.subarray(0, DIGEST_AT), [body]);
    if (digest.some((byte, index) => byte !== bytes[DIGEST_AT + index])) {
      throw new WireFormatError(`frame ${this.#received} has a wrong digest`, DIGEST_AT);
    }
    if (sequence !== this.#received) {
      const expected = `frame ${this.#received} was expected`;
      throw new WireFormatError(`frame ${sequence} came where ${expected}`, SEQUENCE_AT);
    }
    if (!isFrameType(type)) {
      throw new WireFormatError(`frame ${sequence} has the unknown ${frameName(type)}`, 0);
    }
    if (view.getUint16(2, true) !== 0) {
      throw new WireFormatError(`frame ${sequence} has bits set that mean nothing`, 2);
    }
    this.#received = (this.#received + 1) >>> 0;
    return { type, flags: view.getUint8(1), body };
  }
}
