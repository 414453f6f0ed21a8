import { PeerFailedError, WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";
import { FrameAssembler } from "./frame-assembler.js";
import { FramePool } from "./frame-pool.js";
import { Inbox } from "./inbox.js";
import { joined, lengthOf } from "./parts.js";
import { isCount, type Port } from "./port.js";
import { type BlockingChannel, CUT, LOOK, SharedRing } from "./shared-ring.js";

/** The end of a channel in the thread that may block for the next frame. @see ringFeeder */
export function ringReader(
  memory: SharedArrayBuffer,
  port: Port,
  peer = "feeder",
): BlockingChannel {
  return new RingReader(memory, port, peer);
}

class RingReader extends SharedRing implements BlockingChannel {
  protected readonly inbox: Inbox = new Inbox((frame) => {
    this.#lent = frame;
  });
  readonly #pool = new FramePool();
  readonly #assembler: FrameAssembler;
  #lent: Uint8Array | null = null;

  constructor(memory: SharedArrayBuffer, port: Port, peer: string) {
    super(memory, port, peer);
    this.#assembler = new FrameAssembler(
      this.#pool,
      () => this.frameLimit,
      (frame) => this.inbox.put(frame),
    );
    this.listen();
    this.look();
  }

  get buffered(): Bytes {
    return this.outbox.buffered;
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.inbox.isClosed) return;
    const frame = joined(parts, lengthOf(parts));
    this.outbox.add(frame.length);
    this.port.postMessage(frame, [frame.buffer]);
  }

  drained(bytes: Bytes): Promise<void> {
    return this.outbox.drained(bytes);
  }

  receive(): Promise<Uint8Array | null> {
    this.#recycle();
    const frame = this.inbox.receive();
    this.look();
    return frame;
  }

  receiveNow(timeoutMs: number): Uint8Array | null | undefined {
    this.#recycle();
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const { events } = this.ring;
      const ready = this.inbox.take();
      if (ready !== undefined) return ready;
      this.#pump();
      const frame = this.inbox.take();
      if (frame !== undefined) return frame;
      const left = deadline - performance.now();
      if (left <= 0) return undefined;
      this.ring.sleep(events, left);
    }
  }

  close(failure?: Error): void {
    if (!this.inbox.drop(failure)) return;
    this.outbox.close();
    this.port.postMessage({ end: failure === undefined ? null : CUT }, []);
    this.port.close();
  }

  /** Reads while a frame is asked for, and otherwise only notices the end; asks to be told of more. */
  protected look(): void {
    while (!this.inbox.isClosed) {
      this.ring.want("reader");
      if (this.inbox.isAsked || this.ring.end !== "open") {
        if (!this.#pump()) return;
      } else return;
    }
  }

  protected take(message: unknown): void {
    if (isCount(message)) this.outbox.leave(message);
    else this.close(new WireFormatError("a message that is no acknowledgement", -1));
  }

  /** The end comes through the ring, behind what was written before. */
  protected override end(failure: Error | undefined): void {
    while (this.#pump());
    super.end(failure);
  }

  /** Takes what is in the ring; whether there was anything. */
  #pump(): boolean {
    if (this.inbox.isClosed) return false;
    // Asked first: what was written before the end is then in the ring.
    const { end } = this.ring;
    let count = 0;
    try {
      count = this.ring.read((bytes) => this.#assembler.push(bytes));
    } catch (error) {
      if (!(error instanceof WireFormatError)) throw error;
      this.close(error);
    }
    if (count > 0 && this.ring.isWanted("writer")) this.port.postMessage(LOOK, []);
    if (count === 0 && end !== "open") {
      super.end(end === "failed" ? new PeerFailedError(this.peer, CUT) : undefined);
    }
    return count > 0;
  }

  #recycle(): void {
    if (this.#lent !== null) this.#pool.giveBack(this.#lent);
    this.#lent = null;
  }
}
