import type { Controller } from "../control/plan.js";
import type { FleetContext } from "./context.js";
import type { FleetInput } from "./input.js";
import { look } from "./read.js";
import { checkShape } from "./shape.js";

/** The controllers that a scenario names, with their settings. */
export function resolveControllers(
  inputs: NonNullable<FleetInput["controllers"]>,
  { controllers }: FleetContext,
): Controller[] {
  const kinds = new Map(Object.entries(controllers));
  return inputs.map((input, index) => {
    const path = `controllers.${index}`;
    const isBare = typeof input === "string";
    const { name, ...settings } = isBare ? { name: input } : input;
    const kind = look(isBare ? path : `${path}.name`, name, [kinds]);
    return kind.create(checkShape(kind.schema, settings, path));
  });
}
