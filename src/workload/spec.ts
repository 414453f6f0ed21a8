import type { Nanoseconds, PageCount, PageIndex, Share } from "../units.js";

/** Where a synthetic component writes and how often. Rates are single page writes per second of guest time. */
interface WriterSpec {
  /** Working-set size in pages, at least 1. */
  readonly wssPages: PageCount;
  /** Writes per second, above 0. */
  readonly rate: number;
  /** First page of the working set; undefined: after the component before it (the first at page 0). */
  readonly at?: PageIndex | undefined;
}

/** Every page of the working set is equally likely. */
export interface UniformSpec extends WriterSpec {
  readonly kind: "uniform";
}

/** Page after page, cyclic. */
export interface SequentialSpec extends WriterSpec {
  readonly kind: "sequential";
}

/** Two levels: `share` of the writes go uniformly to the first `hot` of the set, the rest uniformly to all of it. */
export interface HotSetSpec extends WriterSpec {
  readonly kind: "hot-set";
  readonly hot: Share;
  readonly share: Share;
}

/** Zipf: page k of the set (from 0) is written in proportion to (k + 1)^-skew. The hottest page comes first. */
export interface ZipfSpec extends WriterSpec {
  readonly kind: "zipf";
  readonly skew: number;
}

/** One stretch of guest time with a workload of its own. */
export interface PhaseSpec {
  readonly durationNs: Nanoseconds;
  readonly components: readonly WorkloadSpec[];
}

/** Workloads one after the other, over and over. */
export interface PhasesSpec {
  readonly kind: "phases";
  readonly phases: readonly PhaseSpec[];
}

/** Replay of a recorded trace: its pages change as recorded; after its end it starts over. */
export interface TraceSpec {
  readonly kind: "trace";
  /** Folder of the trace. */
  readonly folder: string;
}

/** One component of a guest's workload; several run side by side. */
export type WorkloadSpec =
  | UniformSpec
  | SequentialSpec
  | HotSetSpec
  | ZipfSpec
  | PhasesSpec
  | TraceSpec;
