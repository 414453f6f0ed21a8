import type { StrategyName } from "../migration/report.js";
import { CONVERGENCE_FIELDS } from "./convergence-fields.js";
import type { Field } from "./field.js";
import { GUEST_FIELDS } from "./guest-fields.js";
import type { FieldName } from "./input.js";
import { LINK_FIELDS } from "./link-fields.js";
import { MOVE_FIELDS, OTHER_FIELDS } from "./other-fields.js";

/**
 * Every field of a scenario, described once, in the order of the help. The published schema, the command
 * line's flags and help, the defaults and the refusal of options that a strategy cannot use are all read
 * from this table.
 */
export const FIELDS: Readonly<Record<FieldName, Field>> = {
  ...MOVE_FIELDS,
  ...GUEST_FIELDS,
  ...LINK_FIELDS,
  ...CONVERGENCE_FIELDS,
  ...OTHER_FIELDS,
};

/** The fields' names, in the order of the help. */
export const FIELD_NAMES: readonly FieldName[] = Object.keys(FIELDS) as FieldName[];

/** Whether a strategy can use a field. */
export function isFieldOf(strategy: StrategyName, field: FieldName): boolean {
  return FIELDS[field].strategies?.includes(strategy) ?? true;
}
