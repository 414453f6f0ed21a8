import { PeerFailedError } from "../src/errors.js";
import type { Channel } from "../src/transport/channel.js";
import type { Bytes } from "../src/units.js";

/** What happens to the frame with this number, counted from 0, on its way in. */
export interface Fault {
  readonly frame: number;
  readonly kind:
    | "cut" // the channel is cut instead
    | "lose" // it never comes
    | "duplicate" // it comes twice
    | "reorder" // it comes after the next
    | "corrupt" // a bit of it is another
    | "delay"; // it comes later
  /** Which bit is another; modulo the frame's bits. */
  readonly bit?: number;
  /** How it is waited. Default: until all that is due at present has happened. */
  readonly wait?: () => Promise<void>;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A channel to which things happen: what comes through it suffers these faults, what is sent does not. */
export function faultyChannel(inner: Channel, faults: readonly Fault[]): Channel {
  return new FaultyChannel(inner, faults);
}

class FaultyChannel implements Channel {
  readonly #inner: Channel;
  readonly #faults: readonly Fault[];
  readonly #due: Uint8Array[] = [];
  #count = 0;

  constructor(inner: Channel, faults: readonly Fault[]) {
    this.#inner = inner;
    this.#faults = faults;
  }

  get peer(): string {
    return this.#inner.peer;
  }

  get frameLimit(): Bytes {
    return this.#inner.frameLimit;
  }

  set frameLimit(bytes: Bytes) {
    this.#inner.frameLimit = bytes;
  }

  get buffered(): Bytes {
    return this.#inner.buffered;
  }

  get failure(): Error | undefined {
    return this.#inner.failure;
  }

  get closed(): Promise<void> {
    return this.#inner.closed;
  }

  send(parts: readonly Uint8Array[]): void {
    this.#inner.send(parts);
  }

  drained(bytes: Bytes): Promise<void> {
    return this.#inner.drained(bytes);
  }

  close(failure?: Error): void {
    this.#inner.close(failure);
  }

  async receive(): Promise<Uint8Array | null> {
    for (;;) {
      const due = this.#due.shift();
      if (due !== undefined) return due;
      const frame = await this.#inner.receive();
      if (frame === null) return null;
      const number = this.#count++;
      const fault = this.#faults.find((one) => one.frame === number);
      const suffered = fault === undefined ? frame : await this.#suffer(frame, fault);
      if (suffered !== undefined) return suffered;
    }
  }

  /** What is received instead; undefined: what comes next. */
  async #suffer(frame: Uint8Array, fault: Fault): Promise<Uint8Array | null | undefined> {
    switch (fault.kind) {
      case "cut":
        this.#inner.close(new PeerFailedError(this.peer, "the connection was cut"));
        return null;
      case "lose":
        return undefined;
      case "duplicate":
        this.#due.push(frame.slice());
        return frame;
      case "reorder": {
        this.#due.push(frame.slice());
        this.#count++;
        return (await this.#inner.receive()) ?? undefined;
      }
      case "corrupt": {
        const changed = frame.slice();
        const bit = (fault.bit ?? 0) % (8 * changed.length);
        (changed[bit >> 3] as number) ^= 1 << (bit & 7);
        return changed;
      }
      case "delay":
        await (fault.wait ?? nextTurn)();
        return frame;
    }
  }
}
