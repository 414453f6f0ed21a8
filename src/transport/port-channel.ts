import { PeerFailedError, WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";
import { type Channel, MAX_FRAME_BYTES } from "./channel.js";
import { Inbox } from "./inbox.js";
import { Outbox } from "./outbox.js";
import { joined, lengthOf } from "./parts.js";
import { endOf, isCount, type Port } from "./port.js";

/** How a port's messages are fetched by a thread that waits for them. */
export interface BlockingReceive {
  /** The next message that is there, wrapped; undefined when none is. */
  readonly next: (port: Port) => { readonly message: unknown } | undefined;
}

/** Longest sleep before a blocked thread looks by itself; a peer that is new has no way to wake it yet. */
const NEW_PEER_MS = 1;

/**
 * A channel over a message port, which nobody else uses: to a worker, to another page. Frames are copied
 * once and handed over. The receiver acknowledges what it was asked for, so `buffered` is what the peer has
 * not taken yet.
 *
 * A port carries a frame (its bytes), a number (bytes that were taken), `{end}`, and once, from ends
 * that block, `{signal}`: a shared word that counts the messages sent to them, to be woken by.
 *
 * @param blocking - With it the channel has `receiveNow`; see `nodePortChannel`.
 */
export function portChannel(port: Port, peer = "port", blocking?: BlockingReceive): Channel {
  return new PortChannel(port, peer, blocking);
}

class PortChannel implements Channel {
  readonly peer: string;
  readonly receiveNow?: (timeoutMs: number) => Uint8Array | null | undefined;
  frameLimit: Bytes = MAX_FRAME_BYTES;
  readonly #port: Port;
  readonly #inbox = new Inbox((frame) => this.#post(frame.length));
  readonly #outbox = new Outbox();
  /** Wakes the peer, where it asked for it. */
  #peerSignal: Int32Array | null = null;

  constructor(port: Port, peer: string, blocking: BlockingReceive | undefined) {
    this.peer = peer;
    this.#port = port;
    if (blocking !== undefined) this.receiveNow = this.#blocking(blocking);
    port.addEventListener("message", ({ data }) => this.#take(data));
    port.addEventListener("messageerror", () => {
      this.close(new WireFormatError("a message that cannot be read", -1));
    });
    port.addEventListener("close", () => {
      this.#end(new PeerFailedError(peer, "it is gone"));
    });
    port.start();
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
    const frame = joined(parts, lengthOf(parts));
    this.#outbox.add(frame.length);
    this.#post(frame, [frame.buffer]);
  }

  drained(bytes: Bytes): Promise<void> {
    return this.#outbox.drained(bytes);
  }

  receive(): Promise<Uint8Array | null> {
    return this.#inbox.receive();
  }

  close(failure?: Error): void {
    if (!this.#inbox.drop(failure)) return;
    this.#outbox.close();
    this.#post({ end: failure === undefined ? null : "it cut the connection" });
    this.#port.close();
  }

  #post(message: unknown, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
    if (this.#peerSignal === null) return;
    Atomics.add(this.#peerSignal, 0, 1);
    Atomics.notify(this.#peerSignal, 0);
  }

  #take(message: unknown): void {
    if (this.#inbox.isClosed) return;
    if (message instanceof Uint8Array) this.#takeFrame(message);
    else if (isCount(message)) this.#outbox.leave(message);
    else if (isSignal(message)) this.#peerSignal = new Int32Array(message.signal);
    else {
      const end = endOf(message);
      if (end === null) this.close(new WireFormatError("a message that is no frame", -1));
      else {
        this.#end(end.end === null ? undefined : new PeerFailedError(this.peer, end.end));
        this.#port.close();
      }
    }
  }

  #takeFrame(frame: Uint8Array): void {
    if (frame.length <= this.frameLimit) this.#inbox.put(frame);
    else this.close(new WireFormatError(`a frame of ${frame.length} bytes is too long`, 0));
  }

  #end(failure: Error | undefined): void {
    this.#inbox.end(failure);
    this.#outbox.close();
  }

  #blocking({ next }: BlockingReceive): (timeoutMs: number) => Uint8Array | null | undefined {
    const signal = new Int32Array(new SharedArrayBuffer(4));
    this.#post({ signal: signal.buffer });
    return (timeoutMs) => {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const seen = Atomics.load(signal, 0);
        for (let found = next(this.#port); found !== undefined; found = next(this.#port)) {
          this.#take(found.message);
          if (this.#inbox.bytes > 0) break;
        }
        const frame = this.#inbox.take();
        if (frame !== undefined) return frame;
        const left = deadline - performance.now();
        if (left <= 0) return undefined;
        Atomics.wait(signal, 0, seen, seen === 0 ? Math.min(left, NEW_PEER_MS) : left);
      }
    };
  }
}

function isSignal(message: unknown): message is { signal: SharedArrayBuffer } {
  return (
    typeof message === "object" &&
    message !== null &&
    "signal" in message &&
    message.signal instanceof SharedArrayBuffer
  );
}
