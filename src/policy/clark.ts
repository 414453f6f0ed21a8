import { CONTINUE, limitReached, nothingDirty } from "./limits.js";
import type { ConvergencePolicy } from "./policy.js";

/** The lecture's: stop on dirty pages below a threshold, rounds done, or bytes sent; whichever comes first. */
export const clark: ConvergencePolicy = {
  name: "clark",
  source: "Clark et al., Live Migration of Virtual Machines, NSDI 2005",
  windowNs: null,
  // The writable working set of Xen 3 was down to 50 pages, 29 rounds or three times the memory.
  defaults: {
    maxRounds: 29,
    maxMemoryMultiple: 3,
    dirtyThreshold: 50,
  },
  endsRound: () => false,
  decide: (statistics) => nothingDirty(statistics) ?? limitReached(statistics) ?? CONTINUE,
};
