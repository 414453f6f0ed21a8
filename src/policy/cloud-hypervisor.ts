import { MILLISECOND, SECOND } from "../units.js";
import { CONTINUE, limitReached, nothingDirty } from "./limits.js";
import type { ConvergencePolicy } from "./policy.js";

/** Cloud Hypervisor's: the dirty pages would cross within the limit at the last round's rate; an hour at most. */
export const cloudHypervisor: ConvergencePolicy = {
  name: "cloud-hypervisor",
  source: "Cloud Hypervisor, vm-migration: downtime_ms 300, timeout_s 3600",
  windowNs: null,
  defaults: {
    downtimeLimitNs: 300 * MILLISECOND,
    giveUpAfterNs: 3600 * SECOND,
  },
  endsRound: () => false,
  decide: (statistics) => nothingDirty(statistics) ?? limitReached(statistics) ?? CONTINUE,
};
