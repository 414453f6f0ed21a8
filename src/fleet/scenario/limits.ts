import type { MigrationCosts, MigrationLimits } from "../model/fleet.js";
import type { FleetInput } from "./input.js";
import { look } from "./read.js";

const NONE = Number.POSITIVE_INFINITY;

/** Limits of systems, by name. */
export const LIMITS: ReadonlyMap<string, MigrationLimits> = new Map([
  // parallelOutboundMigrationsPerNode and parallelMigrationsPerCluster of its defaults.
  ["kubevirt", { perSource: 2, perTarget: NONE, total: 5 }],
  // max_concurrent_live_migrations of its defaults, which counts at the source.
  ["nova", { perSource: 1, perTarget: NONE, total: NONE }],
  ["none", { perSource: NONE, perTarget: NONE, total: NONE }],
]);

/** Ours: KubeVirt's 2 out of a host, as many into one, and however many in all. */
const DEFAULT: MigrationLimits = { perSource: 2, perTarget: 2, total: NONE };

/** How many migrations may run at once. */
export function resolveLimits(input: FleetInput["limits"]): MigrationLimits {
  if (input === undefined) return DEFAULT;
  if (typeof input === "string") return look("limits", input, [LIMITS]);
  const base = input.like === undefined ? DEFAULT : look("limits.like", input.like, [LIMITS]);
  const { perSource, perTarget, total } = input;
  return {
    perSource: perSource ?? base.perSource,
    perTarget: perTarget ?? base.perTarget,
    total: total ?? base.total,
  };
}

/** What migrating takes of both hosts' CPUs; measured for a Node process that receives pages over TCP. */
export function resolveCosts({ cpuPerGib = 0.25 }: FleetInput): MigrationCosts {
  return { sourceCpuSecondsPerGiB: cpuPerGib, targetCpuSecondsPerGiB: cpuPerGib };
}
