import { WriteGenerator } from "../kernel/write-generator.js";
import type { AbsentPages } from "../memory/absent-pages.js";
import type { RecordedTrace } from "../memory/recorded-trace.js";
import type { Bytes, Nanoseconds, PageCount, PageIndex } from "../units.js";
import type { Random } from "../world/random.js";
import { earliestTouch, PhasesWriter } from "./phases-writer.js";
import { PoissonWriter } from "./poisson-writer.js";
import { type Region, regionsOf } from "./regions.js";
import { SequentialWriter } from "./sequential-writer.js";
import type { SequentialSpec, WorkloadSpec } from "./spec.js";
import { StreamWriter } from "./stream-writer.js";
import { TraceWriter } from "./trace-writer.js";
import type { Touch, Writer, WriteTarget } from "./writer.js";

/** What building a workload needs. */
export interface WorkloadWorld {
  readonly random: Random;
  /** Whether the guest's bytes change: single writes then, whole dirty sets otherwise. */
  readonly hasContents: boolean;
  /** The trace that a `trace` component replays. */
  readonly trace?: RecordedTrace | undefined;
}

/** Bytes that one write adds to a page's delta: two run lengths and the eight bytes written. */
const DELTA_BYTES_PER_WRITE: Bytes = 11;

/** How a simulated guest writes: components side by side, in guest time. */
export class Workload {
  readonly #writers: readonly Writer[];

  constructor(components: readonly WorkloadSpec[], world: WorkloadWorld) {
    this.#writers = buildWriters(components, { ...world, generator: new WriteGenerator() });
  }

  /** Pages at which the rate of access changes. */
  get cuts(): readonly PageIndex[] {
    return this.#writers.flatMap(({ cuts }) => cuts);
  }

  /** Performs the writes of the guest-time interval (from, to]. */
  advance(target: WriteTarget, from: Nanoseconds, to: Nanoseconds): void {
    if (to <= from) return;
    for (const writer of this.#writers) writer.advance(target, from, to);
  }

  /** The first write of (from, to] that finds its page absent. */
  firstTouch(absent: AbsentPages, from: Nanoseconds, to: Nanoseconds): Touch | null {
    return to <= from ? null : earliestTouch(this.#writers, absent, from, to);
  }

  /** The curve D(t): mean number of distinct pages written within `length`; components that share pages are counted twice. */
  expectedDirtyPages(length: Nanoseconds): PageCount {
    return this.#writers.reduce((sum, writer) => sum + writer.expectedDirtyPages(length), 0);
  }

  /** Mean length of the delta of a page dirtied within `length`. */
  meanDeltaBytes(length: Nanoseconds): Bytes {
    const pages = this.expectedDirtyPages(length);
    if (pages <= 0) return 0;
    const writes = this.#writers.reduce((sum, writer) => sum + writer.expectedWrites(length), 0);
    return (DELTA_BYTES_PER_WRITE * writes) / pages;
  }
}

/** One generator serves all components. */
interface Workshop extends WorkloadWorld {
  readonly generator: WriteGenerator;
}

function buildWriters(components: readonly WorkloadSpec[], world: Workshop): Writer[] {
  return components.map((component, index) => {
    return buildWriter(component, { ...world, random: world.random.fork(`component/${index}`) });
  });
}

function buildWriter(component: WorkloadSpec, world: Workshop): Writer {
  switch (component.kind) {
    case "trace":
      if (!world.trace) throw new Error("a trace component needs its recorded trace");
      return new TraceWriter(world.trace, world.random);
    case "phases":
      return new PhasesWriter(
        component.phases.map((phase, index) => ({
          durationNs: phase.durationNs,
          writers: buildWriters(phase.components, {
            ...world,
            random: world.random.fork(`phase/${index}`),
          }),
        })),
      );
    case "sequential":
      return world.hasContents ? sequentialStream(component) : new SequentialWriter(component);
    default: {
      const regions = regionsOf(component);
      return world.hasContents
        ? randomStream(regions, world.random, world.generator)
        : new PoissonWriter(regions, world.random, world.generator);
    }
  }
}

function randomStream(
  regions: readonly Region[],
  random: Random,
  generator: WriteGenerator,
): Writer {
  return new StreamWriter(regions, (count) => generator.drawWrites(regions, count, random.state));
}

function sequentialStream({ at = 0, wssPages, rate }: SequentialSpec): Writer {
  let turn = 0;
  return new StreamWriter([{ first: at, pages: wssPages, rate }], (count) => {
    const pages = new Uint32Array(count);
    for (let index = 0; index < count; index++) pages[index] = at + ((turn + index) % wssPages);
    turn = (turn + count) % wssPages;
    return pages;
  });
}
