import { InvalidOptionError } from "../errors.js";
import type { StrategyName } from "../migration/report.js";
import type { Bytes } from "../units.js";
import { refuseContradictions } from "./contradictions.js";
import { type FieldReader, fieldReader } from "./field-reader.js";
import type { ScenarioInput } from "./input.js";
import { parseKeyValues } from "./key-values.js";
import { parseNumber, parseTime } from "./quantities.js";
import { resolveLink } from "./resolve-link.js";
import { resolveMachine } from "./resolve-machine.js";
import { resolveMigration } from "./resolve-migration.js";
import type { HostSpec, Scenario, SlaSpec } from "./scenario.js";
import { checkScenarioShape, type OptionNames } from "./shape.js";

/** What resolving a scenario asks of the outside; where there are no files these throw. */
export interface ResolveContext {
  /** Parsed JSON of a phases file. */
  readPhases(path: string): unknown;
  /** Size of a memory image. */
  imageBytes(path: string): Bytes;
  /** Size of the guest that a trace was recorded from. */
  traceBytes(folder: string): Bytes;
  /** Turns a path in the scenario into one that can be opened; absent: taken as it is. */
  locate?(field: "image" | "workload", path: string): string;
  /** Names options in errors as the caller wrote them; absent: the field's name. */
  nameOf?: OptionNames;
}

/**
 * A whole experiment from what the caller gave: every unit converted, every default filled in.
 * Throws `InvalidOptionError` for anything unknown, impossible or contradictory.
 */
export function resolveScenario(input: ScenarioInput, context: ResolveContext): Scenario {
  const nameOf: OptionNames = context.nameOf ?? ((field) => field);
  const fields = fieldReader(checkScenarioShape(input, nameOf), nameOf);
  const strategy = fields.choice<StrategyName>("strategy");
  refuseContradictions(fields, strategy);
  return {
    strategy,
    machine: resolveMachine(fields, context),
    link: resolveLink(fields),
    migration: resolveMigration(fields),
    host: resolveHost(fields),
    sla: resolveSla(fields),
    seed: fields.count("seed"),
  };
}

/** A context for callers without files: any path in a scenario is refused. */
export function contextWithoutFiles(): ResolveContext {
  const refuse = (path: string): never => {
    throw new InvalidOptionError("path", path, "no file; there are none here");
  };
  return { readPhases: refuse, imageBytes: refuse, traceBytes: refuse };
}

function resolveHost(fields: FieldReader): HostSpec {
  const secondsPerGiB = fields.number("cpuPerGib");
  return {
    sourceCpuSecondsPerGiB: secondsPerGiB,
    targetCpuSecondsPerGiB: secondsPerGiB,
    contention: fields.share("contention"),
    guestCores: fields.count("guestCores"),
  };
}

function resolveSla(fields: FieldReader): SlaSpec | null {
  if (!fields.has("sla")) return null;
  const option = fields.nameOf("sla");
  const form =
    "downtime=PRICE/s,degraded=PRICE/s[,free=TIME], such as downtime=0.5/s,degraded=0.01/s,free=100ms";
  const values = parseKeyValues(option, fields.text("sla"), {
    words: 0,
    keys: ["downtime", "degraded", "free"],
    form,
  });
  const price = (key: string): number => {
    const text = values.need(key);
    if (!text.endsWith("/s"))
      throw new InvalidOptionError(`${option} (${key})`, text, "a price per second, such as 0.5/s");
    return parseNumber(`${option} (${key})`, text.slice(0, -2), 0, 1e12);
  };
  return {
    freeDowntimeNs: parseTime(`${option} (free)`, values.get("free") ?? "0s"),
    pricePerDowntimeSecond: price("downtime"),
    pricePerDegradedSecond: price("degraded"),
  };
}
