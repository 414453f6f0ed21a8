import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFleet } from "../../src/cli/fleet-input.js";
import { simulateCloudSimFleet } from "../../src/fleet/cloudsim/fleet.js";
import type { FleetResult } from "../../src/fleet/run/result.js";
import { referenceData } from "../reference-data.js";

const traces = join(referenceData ?? "", "traces", "planetlab");

/** The experiment as the page about scenarios shows it, with the traces where they are. */
function scenarioText(): string {
  const page = readFileSync("docs/fleet-scenario.md", "utf8");
  const pieces = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, piece = ""]) => piece);
  const piece = pieces.find((text) => text.includes("profile: cloudsim")) ?? "";
  return piece.replaceAll("planetlab/20110303", join(traces, "20110303.csv"));
}

async function run(controller?: string): Promise<FleetResult> {
  const folder = mkdtempSync(join(tmpdir(), "planetlab-"));
  try {
    writeFileSync(join(folder, "planetlab.yaml"), scenarioText());
    const flags = controller === undefined ? {} : { controller: [controller] };
    const { fleet, run, cloudSimPolicy } = await readFleet("planetlab.yaml", flags, folder);
    return simulateCloudSimFleet(fleet, { ...run, policy: cloudSimPolicy ?? "" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.skipIf(referenceData === null).each([
  [undefined, "167.83", 27_649],
  ["thr-mmt-0.8", "198.08", 27_728],
] as const)(
  "the scenario of 2011-03-03 in the documentation is CloudSim's experiment (%s)",
  async (controller, kwh, migrations) => {
    const result = await run(controller);
    expect((result.energyJoules / 3.6e6).toFixed(2)).toBe(kwh);
    expect(result.migrations).toHaveLength(migrations);
  },
);
