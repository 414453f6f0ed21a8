import type { Nanoseconds } from "../../units.js";

/** A VM that is not on any host yet. */
export const NOWHERE = -1;

/**
 * The VMs, a column for each property: a million of them that do nothing take some forty bytes each and
 * no time.
 */
export interface VmColumns {
  readonly count: number;
  /** Index of its flavour. */
  readonly flavour: Uint16Array;
  /** Index of its demand. */
  readonly demand: Uint32Array;
  /** The host it is on when it arrives; {@link NOWHERE}: the placement finds one. */
  readonly host: Int32Array;
  /** When it comes; 0 is the start. */
  readonly arrivesNs: Float64Array;
  /** When it goes; Infinity: never. */
  readonly departsNs: Float64Array;
  /** Index of its group of affinity; -1: none. */
  readonly group: Int32Array;
  /** Its name, made when it is wanted. */
  name(vm: number): string;
}

/** VMs that belong together or apart. */
export interface AffinityGroup {
  readonly name: string;
  readonly rule: "together" | "apart";
  /** What they share or must not share. */
  readonly within: "host" | "rack" | "site";
}

/** A move that the scenario asks for itself. */
export interface RequestedMove {
  readonly atNs: Nanoseconds;
  readonly vm: number;
  readonly to: number;
}

/** Columns for so many VMs, all alike: flavour 0, demand 0, nowhere, there from the start. */
export function createVmColumns(count: number, name: (vm: number) => string): VmColumns {
  return {
    count,
    flavour: new Uint16Array(count),
    demand: new Uint32Array(count),
    host: new Int32Array(count).fill(NOWHERE),
    arrivesNs: new Float64Array(count),
    departsNs: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    group: new Int32Array(count).fill(-1),
    name,
  };
}
