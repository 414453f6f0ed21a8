import { PeerFailedError, WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";
import { type Channel, MAX_FRAME_BYTES } from "./channel.js";
import { FrameAssembler, PREFIX_BYTES } from "./frame-assembler.js";
import { FramePool } from "./frame-pool.js";
import { Inbox } from "./inbox.js";
import { Outbox } from "./outbox.js";
import { gather, lengthOf } from "./parts.js";

/** Bytes that may be under way: one frame of any length, and 4 MiB. */
const WINDOW_BYTES: Bytes = MAX_FRAME_BYTES + 4 * 2 ** 20;
/** Bytes that are taken before they are acknowledged while more wait. */
const ACKNOWLEDGE_BYTES: Bytes = 256 * 1024;
/** What a peer that may send little may queue, in frames. */
const PREFACE_FRAMES = 16;
/** How long nothing may leave, after the channel was closed, before it is cut. */
const LINGER_MS = 5000;

/** What carries messages but cannot hold a sender back. It takes the bytes at once, or keeps them unchanged. */
export interface Line {
  write(bytes: Uint8Array): void;
  /** Tells the peer that so many bytes were taken. */
  acknowledge(bytes: Bytes): void;
  /** Nothing more is written; whether something is wrong. */
  end(isFailure: boolean): void;
}

/**
 * A channel over a {@link Line}: a stream of frames, each after its length, in pieces. At most
 * {@link WINDOW_BYTES} are under way; the receiver acknowledges what was asked for. A peer that sends more
 * than that is cut.
 */
export class WindowChannel implements Channel {
  readonly peer: string;
  frameLimit: Bytes = MAX_FRAME_BYTES;
  readonly #line: Line;
  readonly #pieceBytes: Bytes;
  readonly #pool = new FramePool();
  readonly #outbox = new Outbox();
  readonly #inbox: Inbox = new Inbox((frame) => this.#onTaken(frame));
  readonly #assembler: FrameAssembler;
  #queue: Uint8Array[] = [];
  #underWay: Bytes = 0;
  #untold: Bytes = 0;
  #lent: Uint8Array | null = null;
  #isEnded = false;
  #linger: ReturnType<typeof setTimeout> | undefined;

  /** @param pieceBytes - Most bytes that the line is given at a time. */
  constructor(peer: string, line: Line, pieceBytes: Bytes) {
    this.peer = peer;
    this.#line = line;
    this.#pieceBytes = pieceBytes;
    this.#assembler = new FrameAssembler(
      this.#pool,
      () => this.frameLimit,
      (frame) => this.#inbox.put(frame),
    );
  }

  get buffered(): Bytes {
    return this.#outbox.buffered;
  }

  get failure(): Error | undefined {
    return this.#inbox.failure;
  }

  get closed(): Promise<void> {
    return this.#inbox.closed;
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#inbox.isClosed) return;
    const length = lengthOf(parts);
    const bytes = new Uint8Array(PREFIX_BYTES + length);
    new DataView(bytes.buffer).setUint32(0, length, true);
    gather(parts, bytes, PREFIX_BYTES);
    this.#outbox.add(bytes.length);
    for (let at = 0; at < bytes.length; at += this.#pieceBytes) {
      this.#queue.push(bytes.subarray(at, at + this.#pieceBytes));
    }
    this.#pump();
  }

  drained(bytes: Bytes): Promise<void> {
    return this.#outbox.drained(bytes);
  }

  receive(): Promise<Uint8Array | null> {
    if (this.#lent !== null) this.#pool.giveBack(this.#lent);
    this.#lent = null;
    return this.#inbox.receive();
  }

  close(failure?: Error): void {
    if (!this.#inbox.drop(failure)) return;
    this.#outbox.close();
    if (failure !== undefined) this.#endLine(true);
    else if (this.#queue.length === 0) this.#endLine(false);
    else this.#startLinger();
  }

  /** The line has brought bytes. */
  takeBytes(bytes: Uint8Array): void {
    if (this.#inbox.isClosed) return;
    const most = Math.min(2 * WINDOW_BYTES, PREFACE_FRAMES * this.frameLimit);
    try {
      this.#assembler.push(bytes);
      if (this.#inbox.bytes <= most) return;
      throw new WireFormatError("more was sent than may be under way", -1);
    } catch (error) {
      if (!(error instanceof WireFormatError)) throw error;
      this.close(error);
    }
  }

  /** The peer has taken bytes. */
  takeAcknowledgement(bytes: Bytes): void {
    if (!(Number.isInteger(bytes) && bytes > 0 && bytes <= this.#underWay)) {
      this.close(new WireFormatError(`${bytes} bytes were acknowledged, not sent`, -1));
      return;
    }
    this.#underWay -= bytes;
    this.#outbox.leave(bytes);
    if (this.#linger !== undefined) this.#startLinger();
    this.#pump();
  }

  /** The line has ended: with a reason where it failed. */
  takeEnd(reason: string | null): void {
    const isWhole = this.#assembler.isBetweenFrames;
    const why = reason ?? (isWhole ? null : "it closed the connection within a frame");
    this.#inbox.end(why === null ? undefined : new PeerFailedError(this.peer, why));
    this.#outbox.close();
    this.#queue = [];
    this.#endLine(false);
  }

  #pump(): void {
    let count = 0;
    for (const piece of this.#queue) {
      if (this.#underWay + piece.length > WINDOW_BYTES) break;
      this.#underWay += piece.length;
      this.#line.write(piece);
      count++;
    }
    if (count > 0) this.#queue.splice(0, count);
    if (this.#inbox.isClosed && this.#queue.length === 0) this.#endLine(false);
  }

  #onTaken(frame: Uint8Array): void {
    this.#lent = frame;
    this.#untold += PREFIX_BYTES + frame.length;
    if (this.#isEnded || (this.#inbox.bytes > 0 && this.#untold < ACKNOWLEDGE_BYTES)) return;
    this.#line.acknowledge(this.#untold);
    this.#untold = 0;
  }

  #startLinger(): void {
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.#endLine(true), LINGER_MS);
  }

  #endLine(isFailure: boolean): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#linger);
    this.#line.end(isFailure);
  }
}
