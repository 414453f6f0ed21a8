import { describe, expect, test } from "vitest";
import { planetLabExperiment } from "../../../../src/fleet/cloudsim/planetlab.js";
import { simulateCloudSim } from "../../../../src/fleet/cloudsim/simulate.js";
import { CLOUDSIM_RESULTS } from "./cloudsim-results.js";
import { syntheticDay } from "./synthetic-day.js";

const experiment = planetLabExperiment(syntheticDay(120, 7), { hosts: 100 });

describe("a made-up day comes out as in CloudSim 3.0.3, to the last digit it prints", () => {
  test.each(CLOUDSIM_RESULTS)("%s", (policy, ...printed) => {
    const result = simulateCloudSim({ ...experiment, policy: policy as string });
    const share = (value: number): string => value.toFixed(10);
    const seconds = (value: number | null): string => value?.toFixed(2) ?? "NaN";
    expect([
      result.energyKwh.toFixed(5),
      String(result.migrations),
      share(result.overloadedTimeShare),
      share(result.migrationLossShare),
      share(result.overallViolation),
      share(result.averageViolation),
      String(result.hostShutdowns),
      seconds(result.meanSecondsBeforeShutdown),
      seconds(result.meanSecondsInMigration),
    ]).toEqual(printed);
  });
});
