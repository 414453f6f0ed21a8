import type { OnReadOpts, Socket } from "node:net";
import { PeerFailedError, WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";
import { type Channel, MAX_FRAME_BYTES } from "./channel.js";
import { FrameAssembler, PREFIX_BYTES } from "./frame-assembler.js";
import { FramePool } from "./frame-pool.js";
import { Inbox } from "./inbox.js";
import { Outbox } from "./outbox.js";
import { gather, lengthOf } from "./parts.js";
import { socketFault } from "./socket-fault.js";

/** Frames that wait beyond this hold the peer back. */
const FULL_BYTES: Bytes = 4 * 2 ** 20;
/** How long nothing may leave, after the channel was closed, before it is cut. */
const LINGER_MS = 5000;

/**
 * A channel over a socket of Node: each frame follows its length. What is sent is copied once, into memory
 * that is used again; what comes is read to where the frame will lie, where the socket can.
 */
export class SocketChannel implements Channel {
  readonly peer: string;
  frameLimit: Bytes = MAX_FRAME_BYTES;
  readonly #sending = new FramePool();
  readonly #receiving = new FramePool();
  readonly #outbox = new Outbox();
  readonly #inbox: Inbox;
  readonly #assembler: FrameAssembler;
  #lent: Uint8Array | null = null;
  #room: Uint8Array = new Uint8Array(0);
  #socket!: Socket;
  /** Whether the socket is not read, since nobody asks. */
  #isHeld = false;

  constructor(peer: string) {
    this.peer = peer;
    this.#inbox = new Inbox((frame) => this.#onTaken(frame));
    this.#assembler = new FrameAssembler(
      this.#receiving,
      () => this.frameLimit,
      (frame) => this.#inbox.put(frame),
    );
  }

  /** For a socket that is made to read by it; {@link SocketChannel.attach} is then told so. */
  get onread(): OnReadOpts {
    return {
      buffer: () => {
        this.#room = this.#assembler.room();
        return this.#room;
      },
      callback: (bytes) => this.#take(() => this.#assembler.filled(this.#room, bytes)),
    };
  }

  /** Begins to use a socket that is connected. */
  attach(socket: Socket, readsByItself: boolean): this {
    this.#socket = socket;
    socket.setNoDelay(true).setKeepAlive(true, 10_000);
    socket.on("error", (cause: Error) => {
      this.#end(new PeerFailedError(this.peer, socketFault(cause), { cause }));
    });
    socket.on("end", () => this.#end(this.#endFault()));
    socket.on("close", () => this.#end(undefined));
    if (readsByItself) socket.resume();
    else {
      socket.on("data", (chunk: Uint8Array) => {
        if (!this.#take(() => this.#assembler.push(chunk))) socket.pause();
      });
    }
    return this;
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
    const bytes = this.#sending.take(PREFIX_BYTES + length);
    new DataView(bytes.buffer).setUint32(0, length, true);
    gather(parts, bytes, PREFIX_BYTES);
    this.#outbox.add(bytes.length);
    this.#socket.write(bytes, () => {
      this.#sending.giveBack(bytes);
      this.#outbox.leave(bytes.length);
    });
  }

  drained(bytes: Bytes): Promise<void> {
    return this.#outbox.drained(bytes);
  }

  receive(): Promise<Uint8Array | null> {
    if (this.#lent !== null) this.#receiving.giveBack(this.#lent);
    this.#lent = null;
    return this.#inbox.receive();
  }

  close(failure?: Error): void {
    if (!this.#inbox.drop(failure)) return;
    this.#outbox.close();
    const socket = this.#socket;
    // What still comes is read and dropped, so that the peer is not told that its bytes were lost.
    socket.resume();
    if (failure === undefined) {
      socket.end();
      linger(socket);
    } else if ("encrypted" in socket || socket.remoteAddress === undefined) socket.destroy();
    else socket.resetAndDestroy();
  }

  /** A peer that may send little may also queue little. */
  get #isFull(): boolean {
    return this.#inbox.bytes >= Math.min(FULL_BYTES, this.frameLimit);
  }

  /** Whether more may be read at once. */
  #take(read: () => void): boolean {
    if (this.#inbox.isClosed) return true;
    try {
      read();
    } catch (error) {
      if (!(error instanceof WireFormatError)) throw error;
      this.close(error);
    }
    this.#isHeld = this.#isFull;
    return !this.#isHeld;
  }

  #onTaken(frame: Uint8Array): void {
    this.#lent = frame;
    if (!this.#isHeld || this.#isFull) return;
    this.#isHeld = false;
    this.#socket.resume();
  }

  #endFault(): Error | undefined {
    if (this.#assembler.isBetweenFrames) return undefined;
    return new PeerFailedError(this.peer, "it closed the connection within a frame");
  }

  #end(failure: Error | undefined): void {
    this.#inbox.end(failure);
    this.#outbox.close();
  }
}

/** Waits for what was sent to leave and for the peer to close too, as long as something still leaves. */
function linger(socket: Socket): void {
  let before = socket.writableLength;
  const timer = setInterval(() => {
    const left = socket.writableLength;
    if (left === 0 || left === before) socket.destroy();
    before = left;
  }, LINGER_MS);
  socket.once("close", () => clearInterval(timer));
}
