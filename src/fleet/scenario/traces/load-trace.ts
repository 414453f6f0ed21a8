import type { Bytes, Nanoseconds, Share } from "../../../units.js";

/** How much CPU many VMs wanted, as recorded. */
export interface LoadTrace {
  /** Time of one value. */
  readonly intervalNs: Nanoseconds;
  readonly vms: readonly TracedVm[];
}

/** One VM of a trace. */
export interface TracedVm {
  readonly name: string;
  /** Share of its CPUs, one value an interval; the last holds on. */
  readonly shares: ArrayLike<Share>;
  /** When it came and went; absent: not known, it was there throughout. */
  readonly arrivesNs?: Nanoseconds;
  readonly departsNs?: Nanoseconds;
  /** Its size, where the trace says so. */
  readonly vcpus?: number;
  readonly memoryBytes?: Bytes;
}
