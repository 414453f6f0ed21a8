import type { StrategyName } from "../migration/report.js";
import type { FieldReader } from "./field-reader.js";
import { FIELD_NAMES, FIELDS, isFieldOf } from "./fields.js";
import type { FieldName, ScenarioInput } from "./input.js";

/** Why a strategy has no use for the fields that are not its own. */
const WHY: Readonly<Record<StrategyName, string>> = {
  cold: "the guest does not run while it moves",
  "stop-and-copy": "the guest is stopped before the first page moves",
  "pre-copy": "all its memory is at the target before the guest resumes",
  "post-copy": "every page crosses once, after the guest resumed at the target",
  hybrid: "it pushes, then switches to post-copy",
};

const THROTTLE_FIELDS = [
  "throttleInitial",
  "throttleIncrement",
  "throttleMax",
  "throttleTrigger",
] as const;

/** Refuses options that exclude each other or that would be without effect; an ignored option would be a lie. */
export function refuseContradictions(fields: FieldReader, strategy: StrategyName): void {
  refuseForeignFields(fields, strategy);
  const requires = (field: FieldName, holds: boolean, needed: string): void => {
    if (fields.has(field) && !holds) throw fields.refuse(field, needed);
  };
  requires("xbzrleCache", fields.has("xbzrle"), `no cache without ${fields.nameOf("xbzrle")}`);
  for (const field of THROTTLE_FIELDS) {
    requires(
      field,
      fields.has("autoConverge"),
      `no throttle without ${fields.nameOf("autoConverge")}`,
    );
  }
  const mayPull = strategy !== "pre-copy" || fields.given("onNotConverged") === "post-copy";
  for (const field of ["prepaging", "pivots"] as const) {
    const switching = `${fields.nameOf("onNotConverged")} post-copy`;
    requires(
      field,
      mayPull,
      `no such option with pre-copy, which pulls no page, unless with ${switching}`,
    );
  }
  requires(
    "pivots",
    fields.given("prepaging") !== "none",
    `no pivots with ${fields.nameOf("prepaging")} none`,
  );
  for (const field of ["shutdown", "boot"] as const) {
    requires(
      field,
      fields.given("power") === "off",
      `no such option without ${fields.nameOf("power")} off`,
    );
  }
}

function refuseForeignFields(fields: FieldReader, strategy: StrategyName): void {
  for (const field of FIELD_NAMES) {
    if (!fields.has(field) || isFieldOf(strategy, field)) continue;
    const usable = FIELDS[field].strategies?.join(", ");
    throw fields.refuse(
      field,
      `no such option with ${strategy} (${WHY[strategy]}); it is for ${usable}`,
    );
  }
}

/** The input for one strategy of a comparison: its own fields, without those that concern only others. */
export function inputFor(strategy: StrategyName, input: ScenarioInput): ScenarioInput {
  const kept = FIELD_NAMES.filter(
    (field) => isFieldOf(strategy, field) && !isIdle(strategy, field, input),
  );
  return { ...Object.fromEntries(kept.map((field) => [field, input[field]])), strategy };
}

/** Pre-copy owns the switches of post-copy only when it may end there. */
function isIdle(strategy: StrategyName, field: FieldName, input: ScenarioInput): boolean {
  const pulls = field === "prepaging" || field === "pivots";
  return pulls && strategy === "pre-copy" && input.onNotConverged !== "post-copy";
}
