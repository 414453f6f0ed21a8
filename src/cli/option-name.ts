import { InvalidOptionError, isGodwitError } from "../errors.js";
import { FIELD_NAMES } from "../scenario/fields.js";
import type { OptionNames } from "../scenario/shape.js";

/** What the engine calls an option, where that is not the field's name. */
const FIELD_OF: Readonly<Record<string, string>> = { trace: "workload" };

/** An error of the engine about an option, naming it as the caller wrote it; any other error as it is. */
export function asCallerWrote(error: unknown, nameOf: OptionNames): unknown {
  if (!isGodwitError(error, "InvalidOptionError")) return error;
  const field = FIELD_OF[error.option] ?? error.option;
  if (!FIELD_NAMES.some((name) => name === field)) return error;
  return new InvalidOptionError(nameOf(field), error.value, error.expected, { cause: error });
}
