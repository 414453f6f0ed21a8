import { dirname, resolve } from "node:path";
import { InvalidOptionError, isGodwitError } from "../errors.js";
import { fleetFileContext } from "../files/fleet-files.js";
import { readYamlFile } from "../files/scenario-files.js";
import { controllers } from "../fleet/control/registry.js";
import { type FleetExperiment, resolveExperiment } from "../fleet/experiment.js";

/** Flags that say what is simulated, and where it goes. */
export interface FleetFlags {
  readonly until?: string;
  readonly controller?: readonly string[];
  readonly profile?: string;
  readonly seed?: string;
  readonly json?: boolean;
  readonly parquet?: string;
  readonly html?: string;
}

/** A scenario's file with the flags over it. */
export interface FleetSubject extends FleetExperiment {
  /** Files that were read; no output may be one of them. */
  readonly inputs: readonly string[];
}

/** Names of the controllers that there are. */
export function controllerNames(): string[] {
  return Object.keys(controllers);
}

/**
 * Reads a fleet's scenario; flags win over it.
 *
 * @throws InvalidOptionError that names the flag, or the field and the file.
 */
export async function readFleet(
  file: string,
  flags: FleetFlags,
  folder: string,
): Promise<FleetSubject> {
  const path = resolve(folder, file);
  const value = await readYamlFile("scenario", path, file);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidOptionError("scenario", file, "a file with a data centre: hosts, vms, ...");
  }
  const given = { ...value, ...overridden(flags) };
  const nameOf = (field: string): string => nameOfField(field, flags, file);
  try {
    const files = fleetFileContext(dirname(path));
    const experiment = resolveExperiment(given, files);
    return { ...experiment, inputs: [path, ...files.filesRead] };
  } catch (error) {
    if (!isGodwitError(error, "InvalidOptionError")) throw error;
    throw new InvalidOptionError(nameOf(error.option), error.value, error.expected, {
      cause: error,
    });
  }
}

function overridden({ until, controller, profile, seed }: FleetFlags): Record<string, unknown> {
  return {
    ...(until === undefined ? {} : { until }),
    ...(controller === undefined ? {} : { controllers: controller }),
    ...(profile === undefined ? {} : { profile }),
    ...(seed === undefined ? {} : { seed: /^\d+$/.test(seed) ? Number(seed) : seed }),
  };
}

/** Whose fault it is: the flag's that gave the value, or the file's. */
function nameOfField(field: string, flags: FleetFlags, file: string): string {
  const first = field.split(".")[0] ?? "";
  const flag = { until: "until", profile: "profile", seed: "seed", controllers: "controller" }[
    first
  ];
  if (flag !== undefined && flags[flag as keyof FleetFlags] !== undefined) return `--${flag}`;
  return field === "" ? file : `${field} in ${file}`;
}
