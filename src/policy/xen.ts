import { CONTINUE, limitReached, nothingDirty } from "./limits.js";
import type { ConvergencePolicy } from "./policy.js";

/** Xen's: at most five rounds, or fewer than 50 dirty pages. */
export const xen: ConvergencePolicy = {
  name: "xen",
  source: "Xen, tools/libs/guest/xg_sr_save.c, simple_precopy_policy",
  windowNs: null,
  defaults: {
    maxRounds: 5,
    dirtyThreshold: 50,
  },
  endsRound: () => false,
  decide: (statistics) => nothingDirty(statistics) ?? limitReached(statistics) ?? CONTINUE,
};
