import { dirname, resolve } from "node:path";
import { type Command, Option } from "commander";
import { fileContext, readJsonFile } from "../files/scenario-files.js";
import type { Field } from "../scenario/field.js";
import { FIELD_NAMES, FIELDS } from "../scenario/fields.js";
import type { FieldName, ScenarioInput } from "../scenario/input.js";
import type { ResolveContext } from "../scenario/resolve.js";
import { checkScenarioShape, type OptionNames } from "../scenario/shape.js";

/** `maxRounds` as `--max-rounds`. */
export function flagOf(field: string): string {
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Adds a flag for every field of a scenario, under the headings of the fields' table. */
export function addScenarioFlags(command: Command, except: readonly FieldName[] = []): Command {
  for (const name of FIELD_NAMES) {
    if (!except.includes(name)) addFlag(command, name, FIELDS[name]);
  }
  return command;
}

function addFlag(command: Command, name: FieldName, field: Field): void {
  const heading = `${field.group}:`;
  if (field.kind === "switch") {
    command.addOption(new Option(flagOf(name), field.text).helpGroup(heading));
    // Only of use against a scenario file, so not in the help.
    command.addOption(new Option(flagOf(name).replace("--", "--no-")).hideHelp());
    return;
  }
  const fallback = field.fallback === undefined ? "" : ` (default: ${field.fallback})`;
  const choices = field.choices === undefined ? "" : `: ${field.choices.join(", ")}`;
  const option = new Option(
    `${flagOf(name)} <${field.argument}>`,
    `${field.text}${choices}${fallback}`,
  );
  if (field.kind === "list")
    option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  command.addOption(option.helpGroup(heading));
}

/** A scenario from a file and flags, and what resolving it needs. */
export interface GivenScenario {
  readonly input: ScenarioInput;
  readonly context: ResolveContext & { readonly nameOf: OptionNames };
  /** Every file or folder that was read or will be; known once the scenario is resolved. */
  inputs(): readonly string[];
}

/**
 * Puts a scenario file and flags together; flags win. Errors name a flag as a flag and a field of the file
 * by the file. Paths in the file start from its own folder.
 */
export function combineScenario(
  file: string | undefined,
  flags: Readonly<Record<string, unknown>>,
  folder: string,
): GivenScenario {
  const path = file === undefined ? null : resolve(folder, file);
  const fieldName = (field: string): string => `${field} in ${file}`;
  const fromFile =
    path === null ? {} : checkScenarioShape(readJsonFile("scenario", path, file), fieldName);
  const fromFlags = Object.fromEntries(
    FIELD_NAMES.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]),
  );
  const isFromFile = (field: string): boolean =>
    Object.hasOwn(fromFile, field) && !Object.hasOwn(fromFlags, field);
  const nameOf = (field: string): string => (isFromFile(field) ? fieldName(field) : flagOf(field));
  const inputs = new Set<string>(path === null ? [] : [path]);
  const locate = (field: "image" | "workload", given: string): string => {
    const isBesideFile = path !== null && isFromFile(field);
    const located = resolve(isBesideFile ? dirname(path) : folder, given);
    inputs.add(located);
    return located;
  };
  const files = fileContext(folder, nameOf("workload"), nameOf("image"));
  return {
    input: { ...fromFile, ...fromFlags },
    context: { ...files, nameOf, locate },
    inputs: () => [...inputs],
  };
}
