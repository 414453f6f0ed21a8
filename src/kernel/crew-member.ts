import {
  ANSWER,
  ARGUMENT_COUNT,
  ARGUMENTS,
  CALL,
  COPY,
  DESK_BYTES,
  DONE,
  FAILED,
  GIVEN,
  type Hiring,
  MESSAGE,
  type NewPlace,
  ORDER,
  ORDERS,
  OTHER,
  PLACE,
  STRIDES,
  TIMES,
  type Work,
} from "./crew-worker.js";
import type { Thread } from "./thread-host.js";

/** Looks that often whether a worker is done before it sleeps until then: some 20 microseconds. */
const SPINS = 5000;
/** Where a thread may not sleep, that often for a millisecond of patience; an estimate. */
const SPINS_A_MS = 2 ** 19;
/** Longest sleep before it looks again. */
const SLICE_MS = 100;

/** A worker of a crew, as the caller sees it: its thread and its desk. */
export class CrewMember {
  /** Why its thread is no more; null: it lives. */
  lost: string | null = null;
  readonly #thread: Thread;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  #given = 0;

  constructor(thread: Thread, { desks, desk }: Hiring) {
    this.#thread = thread;
    this.#words = new Int32Array(desks, desk, DESK_BYTES / 4);
    this.#doubles = new Float64Array(desks, desk, DESK_BYTES / 8);
  }

  get answer(): number {
    return this.#doubles[ANSWER] as number;
  }

  /** Why an order failed since this was last asked; null: none did. */
  takeFailure(): string | null {
    const words = this.#words;
    if (words[FAILED] === 0) return null;
    words[FAILED] = 0;
    const text = MESSAGE + 1;
    return String.fromCharCode(...words.subarray(text, text + (words[MESSAGE] as number)));
  }

  give({ call, times, args, strides, copy }: Work, place: number, other: number): void {
    const [words, doubles] = [this.#words, this.#doubles];
    words[PLACE] = place;
    words[OTHER] = other;
    words[CALL] = call;
    words[TIMES] = times;
    words[ARGUMENT_COUNT] = args.length;
    if (copy !== null) doubles.set([copy.from, copy.to, copy.length], COPY);
    doubles.set(args, ARGUMENTS);
    doubles.set(
      args.map((_, index) => strides[index] ?? 0),
      STRIDES,
    );
    this.#order(ORDERS.work);
  }

  meet(place: NewPlace): void {
    this.#thread.post(place);
    this.#order(ORDERS.meet);
  }

  forget(place: number): void {
    this.#words[PLACE] = place;
    this.#order(ORDERS.forget);
  }

  /** Waits until it has done what it was told; false when that takes too long. */
  wait(patienceMs: number): boolean {
    const words = this.#words;
    const spins = MAY_SLEEP ? SPINS : patienceMs * SPINS_A_MS;
    for (let spin = 0; spin < spins; spin++) {
      if (Atomics.load(words, DONE) === this.#given) return true;
    }
    for (let waited = 0; MAY_SLEEP && waited < patienceMs; waited += SLICE_MS) {
      const done = Atomics.load(words, DONE);
      if (done === this.#given) return true;
      Atomics.wait(words, DONE, done, SLICE_MS);
    }
    return Atomics.load(words, DONE) === this.#given;
  }

  end(): void {
    this.lost ??= "it was ended";
    this.#thread.end();
  }

  #order(order: number): void {
    this.#words[ORDER] = order;
    this.#given = (this.#given + 1) | 0;
    Atomics.store(this.#words, GIVEN, this.#given);
    Atomics.notify(this.#words, GIVEN);
  }
}

/** The main thread of a browser must not sleep. */
const MAY_SLEEP = maySleep();

function maySleep(): boolean {
  if (typeof SharedArrayBuffer === "undefined") return false;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}
