import { onePassEstimator } from "../control/estimate.js";
import type { Controller } from "../control/plan.js";
import type { Fleet } from "../model/fleet.js";
import type { FleetContext } from "./context.js";
import type { FleetInput } from "./input.js";
import { look } from "./read.js";

/** The controllers that a scenario names, with their settings; these are theirs to check. */
export function resolveControllers(
  inputs: NonNullable<FleetInput["controllers"]>,
  fleet: Fleet,
  { controllers, estimator = onePassEstimator }: FleetContext,
): Controller[] {
  const kinds = new Map(Object.entries(controllers));
  const context = { fleet, estimate: estimator(fleet) };
  return inputs.map((input, index) => {
    const path = `controllers.${index}`;
    const isBare = typeof input === "string";
    const { name, ...settings } = isBare ? { name: input } : input;
    return look(isBare ? path : `${path}.name`, name, [kinds]).create(settings, context, path);
  });
}
