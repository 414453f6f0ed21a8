import { InvalidOptionError } from "../errors.js";
import type { Bytes } from "../units.js";
import { MOST_MACHINES } from "./control-schema.js";
import { KINDS } from "./machine-kinds.js";

/** What a host lets machines use. */
export interface HostLimits {
  /** Memory of all machines together. */
  readonly memoryBytes: Bytes;
  /** Memory of one. */
  readonly machineBytes: Bytes;
  readonly machines: number;
  /** Kinds that are started and let in. */
  readonly kinds: readonly string[];
}

const DEFAULT_MACHINES = 64;

/**
 * Checks limits and fills in what was left out: 64 machines of all kinds, one of which may have all the memory.
 *
 * @param computerBytes - Memory of this computer; by default machines may have half of it.
 */
export function resolveLimits(given: Partial<HostLimits>, computerBytes: Bytes): HostLimits {
  const { memoryBytes = computerBytes / 2, machines = DEFAULT_MACHINES, kinds = KINDS } = given;
  const { machineBytes = memoryBytes } = given;
  if (!Number.isInteger(machines) || machines < 1 || machines > MOST_MACHINES) {
    throw new InvalidOptionError("machines", machines, `a whole number, 1 to ${MOST_MACHINES}`);
  }
  for (const kind of kinds) {
    if (!KINDS.includes(kind)) throw new InvalidOptionError("kinds", kind, KINDS.join(", "));
  }
  return { memoryBytes, machineBytes, machines, kinds };
}
