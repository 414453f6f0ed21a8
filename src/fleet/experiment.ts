import { InvalidOptionError, isGodwitError } from "../errors.js";
import { simulateCloudSimFleet } from "./cloudsim/fleet.js";
import { cloudSimPolicy } from "./cloudsim/policy.js";
import { fluidEstimator } from "./run/move-outlook.js";
import type { FleetResult } from "./run/result.js";
import { type SimulateFleetOptions, simulateFleet } from "./run/simulate-fleet.js";
import type { FleetContext } from "./scenario/context.js";
import { type FleetScenario, resolveFleet } from "./scenario/resolve.js";
import { shown } from "./scenario/shape.js";

/** A fleet's scenario, by whosever rules it is simulated. */
export interface FleetExperiment extends FleetScenario {
  /** Names of those in charge. */
  readonly controllers: readonly string[];
  /** Of the profile `cloudsim`; null: another profile. */
  readonly cloudSimPolicy: string | null;
}

/**
 * As `resolveFleet`; with the profile `cloudsim` the one controller is a policy of CloudSim's instead, such as
 * `lr-mmt-1.2`.
 *
 * @throws InvalidOptionError that names the path of what is wrong.
 */
export function resolveExperiment(input: unknown, context: FleetContext): FleetExperiment {
  const policy = policyOf(input);
  const given = policy === null ? input : { ...(input as object), controllers: [] };
  const scenario = resolveFleet(given, { estimator: fluidEstimator, ...context });
  const names = scenario.run.controllers.map(({ name }) => name);
  return { ...scenario, controllers: policy === null ? names : [policy], cloudSimPolicy: policy };
}

/**
 * Simulates it by the rules of its profile. CloudSim's are over at once: they tell no progress.
 *
 * @throws InvalidOptionError for what the profile cannot take.
 * @throws AbortedError
 */
export async function runExperiment(
  { fleet, run, cloudSimPolicy: policy }: FleetExperiment,
  watch: Pick<SimulateFleetOptions, "onProgress" | "signal" | "withUtilisation"> = {},
): Promise<FleetResult> {
  if (policy !== null) return simulateCloudSimFleet(fleet, { ...run, policy });
  const profile = run.profile === "simgrid" ? "simgrid" : "godwit";
  return simulateFleet(fleet, { ...run, ...watch, profile });
}

/** The policy of CloudSim's that a scenario names; null: it has another profile. */
function policyOf(input: unknown): string | null {
  const { profile, controllers } = (input ?? {}) as Record<string, unknown>;
  if (profile !== "cloudsim") return null;
  const [policy, ...more] = Array.isArray(controllers) ? controllers : [];
  if (typeof policy !== "string" || more.length > 0) {
    const expected =
      "one policy with the profile cloudsim: npa, dvfs, or a name such as lr-mmt-1.2";
    throw new InvalidOptionError("controllers", shown(controllers), expected);
  }
  try {
    cloudSimPolicy(policy);
  } catch (error) {
    if (!isGodwitError(error, "InvalidOptionError")) throw error;
    throw new InvalidOptionError("controllers.0", policy, error.expected, { cause: error });
  }
  return policy;
}
