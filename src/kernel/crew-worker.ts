/**
 * What a thread of a crew does, and how it is told. scripts/embed.mjs makes a script of this file, which
 * workers are started from: it must import nothing but types.
 *
 * A worker takes its orders from a desk in shared memory:
 *
 *   u32  0     1      2        3       4       5       6      7       8
 *      | given | done | failed | order | place | other | call | times | arguments |
 *   f64  8                  12          28        44
 *      | from, to, length | arguments | strides | answer |
 *   u32  112
 *      | length and characters of an error's message |
 *
 * `given` and `done` count orders; a worker works while they differ, and sleeps while they are equal.
 */
import type { Pointer } from "./exports.js";

/** A kernel instance as a thread knows it. */
export interface Place {
  /** The kernel's functions in the order of its exports, which is the same in all instances. */
  readonly calls: readonly KernelCall[];
  /** The whole memory. */
  readonly bytes: Uint8Array;
}

/** Any function of the kernel. */
export type KernelCall = (...numbers: number[]) => number | undefined;

/** Calls of one function, once or over pieces that follow one another. */
export interface Work {
  readonly place: Place;
  /** Index of the function. */
  readonly call: number;
  readonly times: number;
  readonly args: readonly number[];
  /** What is added to each argument from one call to the next. */
  readonly strides: readonly number[];
  /** What is copied from another memory before each call; the next piece lies behind the one before. */
  readonly copy: Copy | null;
}

/** Bytes of another memory. */
export interface Copy {
  readonly other: Place;
  readonly from: Pointer;
  readonly to: Pointer;
  readonly length: number;
}

/** Sent to a worker first. */
export interface Hiring {
  readonly desks: SharedArrayBuffer;
  /** Byte offset of its own desk. */
  readonly desk: number;
}

/** Sent to a worker that left its desk for it. */
export interface NewPlace {
  readonly place: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly home: Pointer;
}

export const DESK_BYTES = 1024;
export const GIVEN = 0;
export const DONE = 1;
export const FAILED = 2;
export const ORDER = 3;
export const PLACE = 4;
/** Place that is copied from, or -1. */
export const OTHER = 5;
export const CALL = 6;
export const TIMES = 7;
export const ARGUMENT_COUNT = 8;
export const COPY = 8;
export const ARGUMENTS = 12;
export const STRIDES = 28;
export const ANSWER = 44;
export const MESSAGE = 112;
const MOST_CHARACTERS = 140;

export const ORDERS = { work: 0, meet: 1, forget: 2 } as const;

/** Looks at its desk that often before it sleeps: some 20 microseconds. */
const SPINS = 5000;

/** Does the work; the sum of the answers. */
export function perform({ place, call, times, args, strides, copy }: Work): number {
  const run = place.calls[call] as KernelCall;
  if (times === 1 && copy === null) return run(...args) ?? 0;
  let sum = 0;
  for (let index = 0; index < times; index++) {
    if (copy !== null) {
      const from = copy.from + index * copy.length;
      place.bytes.set(copy.other.bytes.subarray(from, from + copy.length), copy.to);
    }
    sum += run(...args.map((arg, at) => arg + index * (strides[at] ?? 0))) ?? 0;
  }
  return sum;
}

/** The worker's end of the messages: its global scope, or in Node the port to its parent. */
interface Port {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown): void;
}

/** Takes messages and orders for good. */
export function workAtDesk(port: Port): void {
  const places = new Map<number, Place>();
  port.onmessage = ({ data }) => {
    const { desks, desk } = data as Hiring;
    const words = new Int32Array(desks, desk, DESK_BYTES / 4);
    const doubles = new Float64Array(desks, desk, DESK_BYTES / 8);
    port.onmessage = (event) => {
      attempt(words, () => meet(places, event.data as NewPlace));
      obey(words, doubles, places);
    };
    port.postMessage("ready");
    obey(words, doubles, places);
  };
}

/** Follows orders until one says that a message is waiting. */
function obey(words: Int32Array, doubles: Float64Array, places: Map<number, Place>): void {
  for (;;) {
    awaitOrder(words);
    if (words[ORDER] === ORDERS.meet) return;
    attempt(words, () => {
      if (words[ORDER] === ORDERS.forget) {
        places.delete(words[PLACE] as number);
        weighOnGarbage();
      } else doubles[ANSWER] = perform(readWork(words, doubles, places));
    });
  }
}

function awaitOrder(words: Int32Array): void {
  for (let spin = 0; spin < SPINS; spin++) {
    if (Atomics.load(words, GIVEN) !== words[DONE]) return;
  }
  while (Atomics.load(words, GIVEN) === words[DONE]) {
    Atomics.wait(words, GIVEN, words[DONE] as number);
  }
}

/** As much as makes V8 collect its garbage, if nobody touches it: then it is address space only. */
const WEIGHT = 2 ** 28;

/**
 * V8 does not count shared memory, and lets any amount of it lie about as garbage. This it counts; that
 * it is garbage at once brings the other along.
 */
export function weighOnGarbage(): void {
  try {
    new ArrayBuffer(WEIGHT);
  } catch {
    // Where so much cannot be had, V8 has collected already.
  }
}

/** Carries an order out and says that it is done, whatever happens: somebody waits for that. */
function attempt(words: Int32Array, order: () => void): void {
  try {
    order();
  } catch (error) {
    const text = String(error).slice(0, MOST_CHARACTERS);
    words[FAILED] = 1;
    words[MESSAGE] = text.length;
    for (let at = 0; at < text.length; at++) words[MESSAGE + 1 + at] = text.charCodeAt(at);
  }
  Atomics.add(words, DONE, 1);
  Atomics.notify(words, DONE);
}

function meet(places: Map<number, Place>, { place, module, memory, home }: NewPlace): void {
  const instance = new WebAssembly.Instance(module, { env: { memory }, memory: { home } });
  const calls = Object.values(instance.exports) as KernelCall[];
  places.set(place, { calls, bytes: new Uint8Array(memory.buffer) });
}

function readWork(words: Int32Array, doubles: Float64Array, places: Map<number, Place>): Work {
  const other = places.get(words[OTHER] as number);
  const [from = 0, to = 0, length = 0] = doubles.subarray(COPY);
  const count = words[ARGUMENT_COUNT] as number;
  return {
    place: places.get(words[PLACE] as number) as Place,
    call: words[CALL] as number,
    times: words[TIMES] as number,
    args: [...doubles.subarray(ARGUMENTS, ARGUMENTS + count)],
    strides: [...doubles.subarray(STRIDES, STRIDES + count)],
    copy: other === undefined ? null : { other, from, to, length },
  };
}
