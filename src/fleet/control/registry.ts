import type { GenericSchema } from "valibot";
import { InvalidOptionError } from "../../errors.js";
import { createDrain, type DrainSettings } from "./drain.js";
import type { ControllerContext } from "./estimate.js";
import { createFaultTolerance, type FaultToleranceSettings } from "./fault-tolerance.js";
import { createHotSpots, type HotSpotSettings } from "./hot-spots.js";
import { createLoadBalancing, type LoadBalancingSettings } from "./load-balancing.js";
import type { OverloadRule } from "./overload.js";
import type { Controller } from "./plan.js";
import {
  createPowerConsolidation,
  type PowerConsolidationSettings,
} from "./power-consolidation.js";
import { createServiceQuality, type ServiceQualitySettings } from "./service-quality.js";
import {
  DRAIN,
  FAULT_TOLERANCE,
  HOT_SPOTS,
  LOAD_BALANCING,
  POWER_CONSOLIDATION,
  SERVICE_QUALITY,
} from "./setting-tables.js";
import { readSettings, type SettingTable, type SettingValue, settingsSchema } from "./settings.js";

/** A kind of controller that a scenario can ask for. */
export interface ControllerKind {
  /** One sentence for `--help`. */
  readonly text: string;
  readonly settings: SettingTable;
  /** The shape of its settings in a scenario. */
  readonly schema: GenericSchema<Record<string, unknown>>;
  /**
   * Makes one.
   *
   * @param settings - As a scenario gives them: times, shares and so on as text; undefined: defaults.
   * @param path - What errors call the settings.
   * @throws {@link InvalidOptionError} with the path of the wrong setting.
   */
  create(settings: unknown, context: ControllerContext, path?: string): Controller;
}

/** A setting with a unit has it in its name inside. */
function inside(
  values: Record<string, SettingValue>,
  units: Readonly<Record<string, string>>,
): Record<string, SettingValue> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [units[name] ?? name, value]),
  );
}

/** Its tables guarantee what the settings of `create` are. */
function kind<S>(
  text: string,
  settings: SettingTable,
  create: (settings: S, context: ControllerContext, path: string) => Controller,
): ControllerKind {
  const times = Object.entries(settings).filter(([, setting]) => setting.kind === "time");
  const units = Object.fromEntries(times.map(([name]) => [name, `${name}Ns`]));
  return {
    text,
    settings,
    schema: settingsSchema(settings),
    create: (input, context, path = "controller") =>
      create(inside(readSettings(settings, input, path), units) as S, context, path),
  };
}

/** As the table has them: flat, and without bound where there is none. */
type ConsolidationInput = Omit<PowerConsolidationSettings, "overload" | "maxTrials"> & {
  readonly overload: OverloadRule;
  readonly parameter: number;
  readonly maxTrials: number | null;
};

/** The controllers by the names that scenarios and `--controller` use. */
export const controllers: Readonly<Record<string, ControllerKind>> = {
  "load-balancing": kind<LoadBalancingSettings>(
    "evens out the utilisation of hosts while its standard deviation is too large",
    LOAD_BALANCING,
    createLoadBalancing,
  ),
  "hot-spots": kind<HotSpotSettings>(
    "relieves hosts that are used too much",
    HOT_SPOTS,
    createHotSpots,
  ),
  "power-consolidation": kind<ConsolidationInput>(
    "brings VMs together on few hosts and puts the others to low power",
    POWER_CONSOLIDATION,
    ({ overload: rule, parameter, maxTrials, ...settings }) =>
      createPowerConsolidation({
        ...settings,
        overload: { rule, parameter },
        maxTrials: maxTrials ?? Number.POSITIVE_INFINITY,
      }),
  ),
  drain: kind<DrainSettings>(
    "empties hosts for maintenance, one after the other",
    DRAIN,
    createDrain,
  ),
  "service-quality": kind<ServiceQualitySettings>(
    "moves VMs that get less than their contracts promise, at last to another provider",
    SERVICE_QUALITY,
    createServiceQuality,
  ),
  "fault-tolerance": kind<FaultToleranceSettings>(
    "leaves hosts that are expected to fail and starts lost VMs again",
    FAULT_TOLERANCE,
    createFaultTolerance,
  ),
};

/**
 * A controller by its name.
 *
 * @throws {@link InvalidOptionError} for a name that there is not, or a wrong setting.
 */
export function createController(
  name: string,
  settings: unknown,
  context: ControllerContext,
  path = "controller",
): Controller {
  const found = Object.hasOwn(controllers, name) ? controllers[name] : undefined;
  if (found === undefined) {
    throw new InvalidOptionError(path, name, `one of ${Object.keys(controllers).join(", ")}`);
  }
  return found.create(settings, context, `${path}.${name}`);
}
