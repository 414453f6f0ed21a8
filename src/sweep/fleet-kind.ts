import { dirname, isAbsolute, join } from "node:path";
import { InvalidOptionError, isGodwitError } from "../errors.js";
import { fleetFileContext } from "../files/fleet-files.js";
import { type FleetExperiment, resolveExperiment, runExperiment } from "../fleet/experiment.js";
import type { FleetResult } from "../fleet/run/result.js";
import type { Cell } from "../report/column.js";
import { bytesOf, countOf, meanOf, spreadOf, totalMsOf } from "../report/fleet-figures.js";
import { SECOND, toMilliseconds } from "../units.js";
import { refuseLargeFleet } from "./fleet-memory.js";
import { numberCell, type PointPlace, type SweepKind } from "./kind.js";
import { located } from "./located.js";

const JOULES_PER_KWH = 3_600_000;
/** The file that a point starts from; its folder is where the scenario's own paths start. */
const SCENARIO = "scenario";

/** A data centre through simulated time; the base is a fleet's scenario, or names one. */
export const FLEET_KIND: SweepKind = {
  columns: [
    { name: "migrations", type: "integer" },
    { name: "completed", type: "integer" },
    { name: "notConverged", type: "integer" },
    { name: "refused", type: "integer" },
    { name: "failed", type: "integer" },
    { name: "totalMsP50", type: "double" },
    { name: "totalMsP95", type: "double" },
    { name: "downtimeMsP50", type: "double" },
    { name: "downtimeMsP95", type: "double" },
    { name: "downtimeMsMax", type: "double" },
    // A large data centre's may be more than what is exact as a whole number.
    { name: "bytes", type: "double" },
    { name: "energyKwh", type: "double" },
    { name: "activeHosts", type: "double" },
    { name: "slatah", type: "double" },
    { name: "pdm", type: "double" },
    { name: "slav", type: "double" },
    { name: "missingShare", type: "double" },
    { name: "brokenContracts", type: "integer" },
    { name: "crashDowntimeS", type: "double" },
    { name: "costHosts", type: "double" },
    { name: "costEnergy", type: "double" },
    { name: "costTraffic", type: "double" },
    { name: "costPenalties", type: "double" },
    { name: "income", type: "double" },
  ],
  fileFields: [],
  groundField: SCENARIO,
  check: (input, place) => void experimentOf(input, place),
  async run(input, place) {
    // Nobody would see the hosts' load, whatever outputs the scenario asks for.
    const experiment = experimentOf(input, place);
    return cellsOf(await runExperiment(experiment, { withUtilisation: false }));
  },
};

function cellsOf(result: FleetResult): Cell[] {
  const { migrations, quality, costs } = result;
  const completed = migrations.filter(({ outcome }) => outcome === "completed");
  const total = spreadOf(completed.map(totalMsOf));
  const downtime = spreadOf(completed.map(({ downtimeNs }) => toMilliseconds(downtimeNs)));
  // In CloudSim's rules there is no downtime, no contract, no crash and no money.
  const unlessCloudSim = (value: number | undefined): Cell =>
    result.profile === "cloudsim" ? null : numberCell(value);
  return [
    migrations.length,
    completed.length,
    countOf(migrations, "not-converged"),
    countOf(migrations, "refused"),
    countOf(migrations, "failed"),
    numberCell(total?.median),
    numberCell(total?.p95),
    unlessCloudSim(downtime?.median),
    unlessCloudSim(downtime?.p95),
    unlessCloudSim(downtime?.most),
    numberCell(bytesOf(migrations)),
    numberCell(result.energyJoules / JOULES_PER_KWH),
    result.series.length > 0 ? numberCell(meanOf(result.series.activeHosts)) : null,
    numberCell(quality.overloadedTimeShare),
    numberCell(quality.migrationLossShare),
    numberCell(quality.violation),
    numberCell(quality.missingShare),
    unlessCloudSim(quality.brokenContracts),
    unlessCloudSim(quality.crashDowntimeNs / SECOND),
    unlessCloudSim(costs.hosts),
    unlessCloudSim(costs.energy),
    unlessCloudSim(costs.traffic),
    unlessCloudSim(costs.penalties),
    unlessCloudSim(costs.income),
  ];
}

function experimentOf(
  { [SCENARIO]: scenario = "", ...input }: Readonly<Record<string, unknown>>,
  place: PointPlace,
): FleetExperiment {
  const { nameOf = (field) => field } = place;
  try {
    if (typeof scenario !== "string") {
      throw new InvalidOptionError(SCENARIO, typeof scenario, "the path of a scenario's file");
    }
    const folder = dirname(scenario);
    const locate = (option: string, path: string): string =>
      located(option, isAbsolute(path) ? path : join(folder, path), place);
    const context = fleetFileContext(place.folder, undefined, locate);
    const experiment = resolveExperiment(input, context);
    refuseLargeFleet(experiment, place.memoryBytes);
    return experiment;
  } catch (error) {
    if (!isGodwitError(error, "InvalidOptionError")) throw error;
    const { option, value, expected } = error;
    throw new InvalidOptionError(nameOf(option), value, expected, { cause: error });
  }
}
