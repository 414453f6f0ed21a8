import type { MigrateOptions } from "../migration/options.js";
import { toMilliseconds } from "../units.js";
import type { MigrationSpec, PolicyName } from "./scenario.js";

/** The engine's options that a scenario has switches for; plain values. */
export type MigrationSwitches = Omit<
  MigrateOptions,
  | ("policy" | "verify" | "onRound" | "onProgress" | "signal")
  | ("host" | "serviceLevel" | "packetLoss" | "seed")
> & { readonly policy: PolicyName };

/** A scenario's switches as the engine takes them. */
export function migrationSwitches(spec: MigrationSpec): MigrationSwitches {
  const { downtimeLimitNs, giveUpAfterNs } = spec;
  return {
    policy: spec.policy,
    maxBandwidth: spec.maxBandwidth ?? undefined,
    downtimeLimitMs: downtimeLimitNs === null ? undefined : toMilliseconds(downtimeLimitNs),
    maxRounds: spec.maxRounds ?? undefined,
    maxBytes: spec.maxBytes ?? undefined,
    dirtyThreshold: spec.dirtyThreshold ?? undefined,
    onNotConverged: spec.onNotConverged ?? undefined,
    giveUpAfterMs: giveUpAfterNs === null ? undefined : toMilliseconds(giveUpAfterNs),
    xbzrleCacheBytes: spec.xbzrleCacheBytes,
    autoConverge: spec.autoConverge,
    order: spec.order,
    skipDirty: spec.skipDirty,
    prepaging: spec.prepaging ?? undefined,
    pivots: spec.pivots,
  };
}
