import { InvalidOptionError } from "../errors.js";
import type { Bytes, BytesPerSecond, Nanoseconds, PageCount } from "../units.js";
import type { Pointer } from "./exports.js";
import { createKernel, type Kernel } from "./load.js";

/** A part of D(t): how some pages become dirty. Times are guest time. */
export type CurveTerm =
  | {
      /** Pages of which each write hits any: N (1 - exp(-r t / N)). */
      readonly kind: "set";
      readonly pages: PageCount;
      /** Writes per second to the whole set. */
      readonly rate: number;
    }
  | {
      /** Pages written one after the other, over and over: min(N, r t). */
      readonly kind: "cycle";
      readonly pages: PageCount;
      readonly rate: number;
    }
  | {
      /** What was measured or worked out: straight lines from the origin through the points. */
      readonly kind: "points";
      /** Most pages that can ever be dirty. */
      readonly pages: PageCount;
      /** Ascending in both, at least one. */
      readonly points: readonly { readonly ns: Nanoseconds; readonly pages: PageCount }[];
      /** Pages per ns at the last point. */
      readonly endSlope: number;
      /** In this time the slope falls to 1/e beyond the last point; 0: it stays. */
      readonly fallNs: Nanoseconds;
    };

/** A curve that lies in the kernel's memory. */
export type CurveId = number;

/** A migration whose rounds are run at a constant rate; see `fluidRounds` in the kernel's contract. */
export interface RoundsJob {
  readonly curve: CurveId;
  /** Pages of the first round, 1 or more, and their bytes on the wire. */
  readonly pages: PageCount;
  readonly firstBytes: Bytes;
  readonly rate: BytesPerSecond;
  /** Rate of the final copy, and of the bursts within QEMU's windows. */
  readonly lineRate: BytesPerSecond;
  /** What every transfer takes beside its bytes, and what counts into its bandwidth. */
  readonly latencyNs: Nanoseconds;
  /** Bytes of a dirty page on the wire, and as the rule counts it. */
  readonly wireBytes: Bytes;
  readonly unitBytes: Bytes;
  readonly rule: "expected-downtime" | "simgrid" | "qemu";
  /** 0: none. */
  readonly downtimeLimitNs: Nanoseconds;
  /** Fewer dirty pages than this are enough. */
  readonly dirtyThreshold: PageCount;
  readonly maxRounds: number;
  readonly maxBytes: Bytes;
  readonly patienceNs: Nanoseconds;
  /** Guest time per time: what throttling and lack of CPU leave. */
  readonly pace: number;
  /** Downtime beside the final copy. */
  readonly pauseNs: Nanoseconds;
  /** Pages that may ever be written. */
  readonly writtenPages: PageCount;
}

/** How the rounds went. */
export interface RoundsResult {
  /** Rounds of push, the full copy included. */
  readonly rounds: number;
  readonly pushNs: Nanoseconds;
  readonly downtimeNs: Nanoseconds;
  /** Page bytes of all rounds and the final copy. */
  readonly bytes: Bytes;
  /** Pages of the final copy. */
  readonly finalPages: PageCount;
  /** Whether the rule or the threshold was met, or what ended it. */
  readonly ending: "converged" | "rounds" | "bytes" | "patience";
  /** Every further round would have been like the last. */
  readonly isStuck: boolean;
  readonly lastRoundNs: Nanoseconds;
  readonly lastRoundBytes: Bytes;
}

const RULES = { "expected-downtime": 0, simgrid: 1, qemu: 2 } as const;
const ENDINGS = ["converged", "rounds", "bytes", "patience"] as const;
/** Doubles of a job and of a result. */
const JOB = 20;
const RESULT = 10;
/** Jobs that are run in one call of the kernel. */
const BATCH = 512;
const KINDS = { set: 0, cycle: 1, points: 2 } as const;

/** Curves D(t) in a kernel's memory, and pre-copy's recurrence over them. */
export class FluidCurves {
  readonly #kernel: Kernel;
  readonly #jobs: Pointer;
  readonly #results: Pointer;
  readonly #jobView: Float64Array;
  readonly #resultView: Float64Array;
  readonly #pointers: Pointer[] = [];
  #free: number;

  /** @param bytes - Room for curves: a term takes 24 bytes, one of n points 40 + 16 n. Default: 4 MiB. */
  constructor(bytes: Bytes = 2 ** 22) {
    this.#free = bytes;
    this.#kernel = createKernel(bytes + 8 * (JOB + RESULT) * BATCH);
    this.#jobs = this.#kernel.allocate(8 * JOB * BATCH);
    this.#results = this.#kernel.allocate(8 * RESULT * BATCH);
    this.#jobView = this.#kernel.f64(this.#jobs, JOB * BATCH);
    this.#resultView = this.#kernel.f64(this.#results, RESULT * BATCH);
  }

  /**
   * Keeps a curve.
   *
   * @throws InvalidOptionError when a number makes no sense or there is no room left.
   */
  add(terms: readonly CurveTerm[]): CurveId {
    const numbers = [terms.length, ...terms.flatMap(numbersOf)];
    const bytes = Math.ceil((8 * numbers.length) / 16) * 16;
    if (bytes > this.#free) {
      throw new InvalidOptionError(
        "curve",
        `${bytes} bytes`,
        `at most the ${this.#free} that are left`,
      );
    }
    this.#free -= bytes;
    const pointer = this.#kernel.allocate(bytes);
    this.#kernel.f64(pointer, numbers.length).set(numbers);
    return this.#pointers.push(pointer) - 1;
  }

  /** D(t): mean number of distinct pages dirtied within a guest time. */
  dirtyPages(curve: CurveId, guestNs: Nanoseconds): PageCount {
    return this.#kernel.exports.fluidDirtyPages(this.#pointers[curve] as Pointer, guestNs);
  }

  /** Runs the rounds of many migrations. */
  rounds(jobs: readonly RoundsJob[]): RoundsResult[] {
    const results: RoundsResult[] = [];
    for (let from = 0; from < jobs.length; from += BATCH) {
      const batch = jobs.slice(from, from + BATCH);
      for (const [index, job] of batch.entries()) this.#write(job, JOB * index);
      this.#kernel.exports.fluidRounds(this.#jobs, this.#results, batch.length);
      for (const index of batch.keys()) results.push(this.#read(RESULT * index));
    }
    return results;
  }

  #write(job: RoundsJob, at: number): void {
    this.#jobView.set(
      [
        ...[this.#pointers[job.curve] as Pointer, job.pages, job.firstBytes, job.rate],
        ...[job.lineRate, job.latencyNs, job.wireBytes, job.unitBytes],
        ...[RULES[job.rule], job.downtimeLimitNs, job.dirtyThreshold, job.maxRounds],
        ...[job.maxBytes, job.patienceNs, job.pace, job.pauseNs, job.writtenPages],
      ],
      at,
    );
  }

  #read(at: number): RoundsResult {
    const number = (index: number): number => this.#resultView[at + index] as number;
    return {
      rounds: number(0),
      pushNs: number(1),
      downtimeNs: number(2),
      bytes: number(3),
      finalPages: number(4),
      ending: ENDINGS[number(5)] ?? "patience",
      lastRoundNs: number(6),
      lastRoundBytes: number(7),
      isStuck: number(8) === 1,
    };
  }
}

function numbersOf(term: CurveTerm): number[] {
  const { kind, pages } = term;
  check(`${kind}.pages`, pages);
  if (kind === "set")
    return [KINDS.set, pages, pages > 0 ? check("set.rate", term.rate) / pages / 1e9 : 0];
  if (kind === "cycle") return [KINDS.cycle, pages, check("cycle.rate", term.rate) / 1e9];
  const { points, endSlope, fallNs } = term;
  if (points.length === 0) throw new InvalidOptionError("points", 0, "at least one point");
  let before = { ns: 0, pages: 0 };
  for (const point of points) {
    if (!(point.ns > before.ns && point.pages >= before.pages)) {
      throw new InvalidOptionError(
        "points",
        `${point.pages} pages at ${point.ns} ns`,
        "ascending points",
      );
    }
    before = point;
  }
  const head = [KINDS.points, pages, check("endSlope", endSlope), check("fallNs", fallNs)];
  return [...head, points.length, ...points.flatMap((point) => [point.ns, point.pages])];
}

function check(name: string, value: number): number {
  if (value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new InvalidOptionError(name, value, "a finite number, 0 or more");
}
