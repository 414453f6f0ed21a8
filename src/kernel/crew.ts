import { assert } from "../errors.js";
import type { CrewMember } from "./crew-member.js";
import { type KernelCall, type Place, perform, type Work } from "./crew-worker.js";
import type { KernelExports, Pointer } from "./exports.js";
import { FIRST_HOME, HOME_BYTES, type Kernel, sharingObstacle } from "./load.js";
import type { ThreadHost } from "./thread-host.js";

/** A kernel that the threads of a crew can work in. */
export interface CrewPlace extends Place {
  readonly kernel: Kernel;
  /** Where each thread's instance has its home; the first is the caller's. */
  readonly homes: readonly Pointer[];
  /** The crew's number for it; -1 where only the caller works. */
  readonly number: number;
  /** Names of the functions, in their order. */
  readonly names: readonly string[];
}

/** A share of a job: {@link Work} with the function by its name. */
export interface Share extends Omit<Work, "call" | "strides" | "copy" | "times"> {
  readonly place: CrewPlace;
  readonly call: keyof KernelExports;
  readonly times?: number;
  readonly strides?: readonly number[];
  readonly copy?: (Work["copy"] & { readonly other: CrewPlace }) | null;
}

/** How a crew is opened. */
export interface CrewOptions {
  /** How long a job may take before its thread counts as lost. Default: two minutes. */
  readonly patienceMs?: number;
}

/**
 * Threads that do parts of one job at the same time, over memory they share: the caller hands out the
 * shares, does the first itself and waits for the others, all within one call. Nothing runs in between,
 * so results do not depend on which thread was faster.
 *
 * A crew of one is the caller alone. A crew becomes one, for good, when a thread is lost or it is closed.
 */
export class Crew {
  #workers: readonly CrewMember[];
  #obstacle: string | null;
  readonly #patienceMs: number;
  /** Every kernel's place, by its memory; {@link Crew} does not keep kernels alive. */
  readonly #places = new WeakMap<ArrayBufferLike, CrewPlace>();
  readonly #forgetting = new FinalizationRegistry<number>((place) => this.#forget(place));
  #placeCount = 0;

  /** Only for {@link openCrew}. @internal */
  constructor(workers: readonly CrewMember[], obstacle: string | null, options: CrewOptions) {
    this.#workers = workers;
    ABANDONED.register(this, workers);
    this.#obstacle = obstacle;
    this.#patienceMs = options.patienceMs ?? 120_000;
  }

  /** Threads that work, the caller's among them. */
  get threads(): number {
    return 1 + this.#workers.length;
  }

  /** Why there are no more; null: as many as were asked for. */
  get obstacle(): string | null {
    return this.#obstacle;
  }

  /** Bytes that {@link Crew.enter} allocates in a kernel. */
  get homeBytes(): number {
    return this.#workers.length * HOME_BYTES;
  }

  /** Lets all threads work in a kernel, whose memory is shared if they are several. */
  enter(kernel: Kernel): CrewPlace {
    const { parts, buffer } = kernel;
    const homes = [FIRST_HOME, ...this.#workers.map(() => kernel.allocate(HOME_BYTES))];
    const number = parts === null || this.threads === 1 ? -1 : this.#placeCount++;
    const names = Object.keys(kernel.exports);
    const calls = Object.values(kernel.exports) as KernelCall[];
    const place = { kernel, homes, number, names, calls, bytes: kernel.u8(0, buffer.byteLength) };
    this.#places.set(buffer, place);
    if (parts === null || number < 0) return place;
    this.#settle();
    for (const [index, worker] of this.#workers.entries()) {
      worker.meet({ ...parts, place: number, home: homes[index + 1] as Pointer });
    }
    this.#forgetting.register(place, number);
    return place;
  }

  /** The place of a view into a kernel that was entered; undefined for bytes elsewhere. */
  placeOf({ buffer }: Uint8Array): CrewPlace | undefined {
    return this.#places.get(buffer);
  }

  /**
   * Does a job: the first share on this thread, each other one on a thread of its own, or after it when the
   * threads are gone. The sums of the calls' answers.
   *
   * @param shares - No more than there were threads when their places were entered.
   */
  run(shares: readonly Share[]): number[] {
    const [own, ...others] = shares.map(named);
    if (own === undefined) return [];
    this.#settle();
    const given = others.map((work, index) => ({ work, worker: this.#workerFor(work, index) }));
    for (const { work, worker } of given) {
      worker?.give(work, numberOf(work.place), work.copy ? numberOf(work.copy.other) : -1);
    }
    try {
      const first = perform(own);
      return [first, ...given.map(({ work, worker }) => this.#answer(worker) ?? perform(work))];
    } finally {
      // Nobody may still be at work when the caller goes on, least of all after an error.
      for (const { worker } of given) if (worker && this.#wait(worker)) worker.takeFailure();
    }
  }

  /** Ends the threads; what they did not do, this one does from now on. */
  close(): void {
    this.#dismiss("the crew is closed");
  }

  /** Who does this share; undefined: the caller, when all others are done. */
  #workerFor({ place, copy }: Work, index: number): CrewMember | undefined {
    const isKnown = this.#knows(place) && (copy === null || this.#knows(copy.other));
    return isKnown ? this.#workers[index] : undefined;
  }

  #knows(place: Place): boolean {
    const known = this.#places.get(place.bytes.buffer);
    return known === place && known.number >= 0;
  }

  /** What a worker answered; undefined where there is none. */
  #answer(worker: CrewMember | undefined): number | undefined {
    if (worker === undefined) return undefined;
    assert(this.#wait(worker), this.#obstacle ?? "a thread was lost");
    const failure = worker.takeFailure();
    assert(failure === null, `a thread failed: ${failure}`);
    return worker.answer;
  }

  /** Waits until every worker is ready for its next order; a crew with one that cannot be is none. */
  #settle(): void {
    for (const worker of this.#workers) {
      const failure = this.#wait(worker) ? worker.takeFailure() : null;
      if (failure !== null) this.#dismiss(`a thread failed: ${failure}`);
    }
  }

  #wait(worker: CrewMember): boolean {
    if (worker.lost === null && worker.wait(this.#patienceMs)) return true;
    this.#dismiss(`a thread was lost: ${worker.lost ?? "it does not answer any more"}`);
    return false;
  }

  #forget(place: number): void {
    this.#settle();
    for (const worker of this.#workers) worker.forget(place);
  }

  #dismiss(reason: string): void {
    if (this.#workers.length === 0) return;
    this.#obstacle = reason;
    for (const worker of this.#workers) worker.end();
    this.#workers = [];
  }
}

/** Threads whose crew is garbage; until they end, their memories are not. */
const ABANDONED = new FinalizationRegistry<readonly CrewMember[]>((workers) => {
  for (const worker of workers) worker.end();
});

/** The caller alone. */
export function crewOfOne(obstacle: string | null = null): Crew {
  return new Crew([], obstacle, {});
}

/**
 * A crew of so many threads, the caller's among them. Where threads cannot be had it is a crew of one that
 * says why.
 */
export async function openCrew(
  threads: number,
  host: ThreadHost,
  options: CrewOptions = {},
): Promise<Crew> {
  if (threads <= 1) return crewOfOne();
  const obstacle = sharingObstacle();
  if (obstacle !== null) return crewOfOne(obstacle);
  try {
    // Most guests are moved by one thread: what starts others is loaded when they are wanted.
    const { hireMembers } = await import("./crew-hiring.js");
    return new Crew(await hireMembers(threads - 1, host), null, options);
  } catch (refusal) {
    return crewOfOne(`threads cannot be started: ${refusal}`);
  }
}

function named({ place, call, args, times = 1, strides = [], copy = null }: Share): Work {
  return { place, call: place.names.indexOf(call), args, times, strides, copy };
}

function numberOf(place: Place): number {
  return (place as CrewPlace).number;
}
