import { WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";
import type { Channel } from "./channel.js";
import { PREFIX_BYTES } from "./frame-assembler.js";
import { Inbox } from "./inbox.js";
import { lengthOf } from "./parts.js";
import type { Port } from "./port.js";
import { CUT, LOOK, SharedRing } from "./shared-ring.js";

/**
 * The end of a channel that feeds a thread which may block, such as one in which a machine runs: frames to
 * it go through a ring in shared memory (in pieces where they are longer), frames from it come by the port.
 * For threads of Node and of pages that are cross-origin isolated.
 *
 * @param memory - Of `createRingMemory`; the other thread makes a `ringReader` of it and of the other port.
 */
export function ringFeeder(memory: SharedArrayBuffer, port: Port, peer = "thread"): Channel {
  return new RingFeeder(memory, port, peer);
}

class RingFeeder extends SharedRing implements Channel {
  protected readonly inbox: Inbox = new Inbox((frame) => this.port.postMessage(frame.length, []));
  /** What found no room in the ring. */
  #pending: Uint8Array[] = [];
  #readBytes: Bytes = 0;

  constructor(memory: SharedArrayBuffer, port: Port, peer: string) {
    super(memory, port, peer);
    this.listen();
  }

  get buffered(): Bytes {
    this.#account();
    return this.outbox.buffered;
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.inbox.isClosed) return;
    const length = lengthOf(parts);
    const prefix = new Uint8Array(PREFIX_BYTES);
    new DataView(prefix.buffer).setUint32(0, length, true);
    for (const part of [prefix, ...parts]) {
      this.outbox.add(part.length);
      const count = this.#pending.length > 0 ? 0 : this.ring.write(part);
      if (count < part.length) this.#pending.push(part.slice(count));
    }
    this.#tell();
    if (this.#pending.length > 0) this.look();
  }

  drained(bytes: Bytes): Promise<void> {
    const drained = this.outbox.drained(bytes);
    this.look();
    return drained;
  }

  receive(): Promise<Uint8Array | null> {
    return this.inbox.receive();
  }

  close(failure?: Error): void {
    if (!this.inbox.drop(failure)) return;
    this.outbox.close();
    if (failure === undefined) this.look();
    else {
      this.#pending = [];
      this.#finish("failed");
    }
  }

  /** Writes what waits, and asks to be told of room while something still does. */
  protected look(): void {
    if (this.ring.end !== "open") return;
    let before: Bytes;
    do {
      before = this.ring.readBytes;
      this.#writePending();
      this.#account();
      const isDone = this.#pending.length === 0;
      if (isDone && this.inbox.isClosed) this.#finish("closed");
      if (isDone && !this.outbox.isAwaited) return;
      this.ring.want("writer");
      // What was read before the reader could see that is seen here.
    } while (this.ring.readBytes !== before);
  }

  protected take(message: unknown): void {
    if (!(message instanceof Uint8Array)) {
      this.close(new WireFormatError("a message that is no frame", -1));
    } else if (message.length <= this.frameLimit) this.inbox.put(message);
    else this.close(new WireFormatError(`a frame of ${message.length} bytes is too long`, 0));
  }

  protected override end(failure: Error | undefined): void {
    this.#pending = [];
    super.end(failure);
  }

  #writePending(): void {
    if (this.#pending.length === 0) return;
    let whole = 0;
    for (const bytes of this.#pending) {
      const count = this.ring.write(bytes);
      if (count < bytes.length) {
        this.#pending[whole] = bytes.subarray(count);
        break;
      }
      whole++;
    }
    this.#pending.splice(0, whole);
    this.#tell();
  }

  #account(): void {
    const { readBytes } = this.ring;
    const count = (readBytes - this.#readBytes) >>> 0;
    this.#readBytes = readBytes;
    if (count > 0) this.outbox.leave(count);
  }

  /** Wakes the reader, blocked or not. */
  #tell(): void {
    this.ring.wake();
    if (this.ring.isWanted("reader")) this.port.postMessage(LOOK, []);
  }

  #finish(end: "closed" | "failed"): void {
    this.ring.end = end;
    this.ring.wake();
    this.port.postMessage({ end: end === "failed" ? CUT : null }, []);
    this.port.close();
  }
}
