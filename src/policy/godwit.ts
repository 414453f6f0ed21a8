import { MILLISECOND } from "../units.js";
import { CONTINUE, limitReached, nothingDirty } from "./limits.js";
import type { ConvergencePolicy } from "./policy.js";

/**
 * The default: stop when the dirty pages would cross within the downtime limit at the rate of the round,
 * give up after 30 rounds that did not get there.
 */
export const godwit: ConvergencePolicy = {
  name: "godwit",
  source: "expected downtime as in Cloud Hypervisor, patience as in Clark et al. 2005",
  windowNs: null,
  defaults: {
    // QEMU's downtime-limit.
    downtimeLimitNs: 300 * MILLISECOND,
    giveUpAfterRounds: 30,
  },
  endsRound: () => false,
  decide: (statistics) => nothingDirty(statistics) ?? limitReached(statistics) ?? CONTINUE,
};
