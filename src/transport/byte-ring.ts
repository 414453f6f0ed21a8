import { assert } from "../errors.js";
import type { Bytes } from "../units.js";

// The memory of a ring: eight words, then the bytes.
const WRITTEN = 0;
const READ = 1;
/** Counts whatever a blocked reader should wake for. */
const EVENTS = 2;
const WRITER_END = 3;
/** Set by those who want a message when there is room, or something to read. */
const WRITER_WAITS = 4;
const READER_WAITS = 5;
const HEAD_BYTES: Bytes = 32;

/** How a writer has ended. */
export type RingEnd = "open" | "closed" | "failed";
const ENDS: readonly RingEnd[] = ["open", "closed", "failed"];

/** Room in a ring unless told otherwise: 4 MiB, a batch of pages or two. */
export const DEFAULT_RING_BYTES: Bytes = 4 * 2 ** 20;

/** Shared memory for a ring of so many bytes, a power of two up to 2^30. */
export function createRingMemory(bytes: Bytes = DEFAULT_RING_BYTES): SharedArrayBuffer {
  assert(bytes >= 64 && bytes <= 2 ** 30 && Number.isInteger(Math.log2(bytes)), "a ring's size");
  return new SharedArrayBuffer(HEAD_BYTES + bytes);
}

/**
 * A stream of bytes from one thread to another through memory that both see: one writes, one reads. Both
 * count bytes modulo 2^32.
 */
export class ByteRing {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, HEAD_BYTES / 4);
    this.#bytes = new Uint8Array(memory, HEAD_BYTES);
  }

  /** Bytes that were written and not read. */
  get fill(): Bytes {
    return (Atomics.load(this.#words, WRITTEN) - Atomics.load(this.#words, READ)) >>> 0;
  }

  /** All bytes that were ever read, modulo 2^32. */
  get readBytes(): Bytes {
    return Atomics.load(this.#words, READ) >>> 0;
  }

  /** Writes as many bytes as there is room for; answers how many. */
  write(bytes: Uint8Array): Bytes {
    const capacity = this.#bytes.length;
    const count = Math.min(bytes.length, capacity - this.fill);
    const written = Atomics.load(this.#words, WRITTEN);
    const at = (written >>> 0) % capacity;
    const first = Math.min(count, capacity - at);
    this.#bytes.set(bytes.subarray(0, first), at);
    this.#bytes.set(bytes.subarray(first, count), 0);
    Atomics.store(this.#words, WRITTEN, (written + count) | 0);
    return count;
  }

  /** Hands the bytes that are there to `take`, in at most two pieces; answers how many they were. */
  read(take: (bytes: Uint8Array) => void): Bytes {
    const capacity = this.#bytes.length;
    const count = this.fill;
    if (count === 0) return 0;
    const read = Atomics.load(this.#words, READ);
    const at = (read >>> 0) % capacity;
    const first = Math.min(count, capacity - at);
    take(this.#bytes.subarray(at, at + first));
    if (first < count) take(this.#bytes.subarray(0, count - first));
    Atomics.store(this.#words, READ, (read + count) | 0);
    return count;
  }

  /** What {@link ByteRing.sleep} must be told, taken before one looks whether there is anything. */
  get events(): number {
    return Atomics.load(this.#words, EVENTS);
  }

  /** Blocks the thread until something has happened since `events`, or the time is over. */
  sleep(events: number, timeoutMs: number): void {
    Atomics.wait(this.#words, EVENTS, events, timeoutMs);
  }

  /** Wakes a blocked reader. */
  wake(): void {
    Atomics.add(this.#words, EVENTS, 1);
    Atomics.notify(this.#words, EVENTS);
  }

  /** The writer's end, once it has one; bytes before it may still be there. */
  get end(): RingEnd {
    return ENDS[Atomics.load(this.#words, WRITER_END)] ?? "failed";
  }

  set end(end: RingEnd) {
    Atomics.store(this.#words, WRITER_END, ENDS.indexOf(end));
  }

  /** Says that the writer, or the reader, wants a message. */
  want(who: "writer" | "reader"): void {
    Atomics.store(this.#words, who === "writer" ? WRITER_WAITS : READER_WAITS, 1);
  }

  /** Whether the writer, or the reader, wants a message; whoever asks must send it. */
  isWanted(who: "writer" | "reader"): boolean {
    return Atomics.exchange(this.#words, who === "writer" ? WRITER_WAITS : READER_WAITS, 0) === 1;
  }
}
