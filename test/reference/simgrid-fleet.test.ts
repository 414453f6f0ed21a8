import { join } from "node:path";
import { expect, test } from "vitest";
import { simGridFleetFiles, validateSimGridFleet } from "../../scripts/simgrid-runs.mjs";
import { referenceData } from "../reference-data.js";

const folder = join(referenceData ?? "", "simulators");
const files = referenceData === null ? ["contending fleets"] : simGridFleetFiles(folder);

test.skipIf(referenceData === null).each(files)(
  "SimGrid's %s, migration for migration",
  async (file) => {
    const { migrations, totalError, downtimeError } = await validateSimGridFleet(folder, file);
    expect(migrations).toBeGreaterThan(0);
    expect(totalError).toBeLessThanOrEqual(1e-5);
    expect(downtimeError).toBeLessThanOrEqual(1e-5);
  },
);
