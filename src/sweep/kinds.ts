import { FLEET_KIND } from "./fleet-kind.js";
import type { SweepKind } from "./kind.js";
import type { KindName } from "./kind-names.js";
import { PREDICT_KIND } from "./predict-kind.js";
import { SIMULATE_KIND } from "./simulate-kind.js";

/** What can be run at the points of a sweep. */
export const KINDS: Readonly<Record<KindName, SweepKind>> = {
  simulate: SIMULATE_KIND,
  predict: PREDICT_KIND,
  fleet: FLEET_KIND,
};
