import { InvalidOptionError } from "../errors.js";
import type { AbsentPages } from "../memory/absent-pages.js";
import { MILLISECOND, type Nanoseconds, type PageCount, type PageIndex } from "../units.js";
import type { Touch, Writer, WriteTarget } from "./writer.js";

/** A workload for a stretch of guest time. */
export interface Phase {
  readonly durationNs: Nanoseconds;
  readonly writers: readonly Writer[];
}

/** A part of an interval that lies within one phase. */
interface Part {
  readonly writers: readonly Writer[];
  /** Time that this phase's own writers have run: their clock stands still during the other phases. */
  readonly from: Nanoseconds;
  readonly to: Nanoseconds;
  /** Guest time at `from`. */
  readonly start: Nanoseconds;
}

/** Workloads one after the other, over and over. */
export class PhasesWriter implements Writer {
  readonly cuts: readonly PageIndex[];
  readonly #phases: readonly Phase[];
  /** When each phase begins within the cycle. */
  readonly #starts: readonly Nanoseconds[];
  readonly #cycle: Nanoseconds;

  /** @throws InvalidOptionError for a phase shorter than a millisecond. */
  constructor(phases: readonly Phase[]) {
    const starts: Nanoseconds[] = [];
    let cycle = 0;
    for (const { durationNs } of phases) {
      if (!(durationNs >= MILLISECOND)) {
        throw new InvalidOptionError(
          "workload",
          `a phase of ${durationNs} ns`,
          "phases of at least 1ms",
        );
      }
      starts.push(cycle);
      cycle += durationNs;
    }
    this.#phases = phases;
    this.#starts = starts;
    this.#cycle = cycle;
    this.cuts = phases.flatMap(({ writers }) => writers.flatMap(({ cuts }) => cuts));
  }

  advance(target: WriteTarget, from: Nanoseconds, to: Nanoseconds): void {
    for (const part of this.#parts(from, to)) {
      for (const writer of part.writers) writer.advance(target, part.from, part.to);
    }
  }

  firstTouch(absent: AbsentPages, from: Nanoseconds, to: Nanoseconds): Touch | null {
    for (const part of this.#parts(from, to)) {
      const touch = earliestTouch(part.writers, absent, part.from, part.to);
      if (touch) return { page: touch.page, at: touch.at - part.from + part.start };
    }
    return null;
  }

  /** Of the first phase, as far as it reaches; the phases after it add up as if they wrote to other pages. */
  expectedDirtyPages(length: Nanoseconds): PageCount {
    return this.#sum(length, (writer, time) => writer.expectedDirtyPages(time));
  }

  expectedWrites(length: Nanoseconds): number {
    return this.#sum(length, (writer, time) => writer.expectedWrites(time));
  }

  #sum(length: Nanoseconds, of: (writer: Writer, time: Nanoseconds) => number): number {
    const times = new Map<Phase, Nanoseconds>();
    const turns = Math.floor(length / this.#cycle);
    let rest = length - turns * this.#cycle;
    for (const phase of this.#phases) {
      const part = Math.min(rest, phase.durationNs);
      rest -= part;
      times.set(phase, turns * phase.durationNs + part);
    }
    let sum = 0;
    for (const [{ writers }, time] of times) for (const writer of writers) sum += of(writer, time);
    return sum;
  }

  *#parts(from: Nanoseconds, to: Nanoseconds): Generator<Part> {
    let turn = Math.floor(from / this.#cycle);
    let index = this.#phaseAt(from - turn * this.#cycle);
    for (let now = from; now < to; ) {
      const { durationNs, writers } = this.#phases[index] as Phase;
      const phaseStart = turn * this.#cycle + (this.#starts[index] as Nanoseconds);
      const end = Math.min(phaseStart + durationNs, to);
      const before = turn * durationNs - phaseStart;
      yield { writers, from: before + now, to: before + end, start: now };
      now = end;
      index += 1;
      if (index < this.#phases.length) continue;
      index = 0;
      turn += 1;
    }
  }

  /** The phase in which an instant of the cycle lies. */
  #phaseAt(instant: Nanoseconds): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as Nanoseconds) <= instant) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The earliest touch of several writers that run side by side. */
export function earliestTouch(
  writers: readonly Writer[],
  absent: AbsentPages,
  from: Nanoseconds,
  to: Nanoseconds,
): Touch | null {
  let first: Touch | null = null;
  for (const writer of writers) {
    const touch = writer.firstTouch(absent, from, first ? first.at : to);
    if (touch && (!first || touch.at < first.at)) first = touch;
  }
  return first;
}
