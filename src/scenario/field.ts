import type { StrategyName } from "../migration/report.js";

/** What a field's value is; decides how it is parsed and what the schema allows. */
export type FieldKind =
  | "size"
  | "rate"
  | "time"
  | "share"
  | "count"
  | "number"
  | "text"
  | "choice"
  | "switch"
  | "list";

/** Headings of the help, in their order. */
export type FieldGroup = "What moves" | "Guest" | "Link" | "Convergence" | "Post-copy" | "Costs";

/** One field of a scenario. */
export interface Field {
  readonly group: FieldGroup;
  readonly kind: FieldKind;
  /** Placeholder of the value in the help; switches have none. */
  readonly argument: string;
  /** What it is, as a sentence without its full stop. */
  readonly text: string;
  /** The values of a `choice`. */
  readonly choices?: readonly string[];
  /** Limits of a `count` or `number`. */
  readonly range?: readonly [min: number, max: number];
  /** Used when the field is absent. Undefined: nothing, or the policy or link preset decides. */
  readonly fallback?: string;
  readonly example: string;
  /** Strategies that can use it; undefined: all. */
  readonly strategies?: readonly StrategyName[];
}

/** The strategies, from the simplest to the most elaborate. */
export const STRATEGIES: readonly StrategyName[] = [
  "cold",
  "stop-and-copy",
  "pre-copy",
  "post-copy",
  "hybrid",
];
