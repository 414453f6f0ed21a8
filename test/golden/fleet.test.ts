import { expect, test } from "vitest";
import {
  contextWithoutFleetFiles,
  type FleetInput,
  fleetToJson,
  resolveFleet,
  simulateFleet,
} from "../../src/fleet.js";
import { digestOf } from "../fleet-digest.js";
import { RICH_FLEET } from "../rich-fleet.js";

/** The same in Node and in Chromium; see reports.test.ts. */
const SCENARIOS: Readonly<Record<string, FleetInput>> = {
  "fleet-rich": RICH_FLEET,
  "fleet-simgrid": { ...RICH_FLEET, profile: "simgrid", until: "2h", controllers: ["hot-spots"] },
};

test.each(Object.entries(SCENARIOS))("%s", async (name, input) => {
  const { fleet, run } = resolveFleet(input, contextWithoutFleetFiles());
  const { profile, ...settings } = run;
  const result = await simulateFleet(fleet, {
    ...settings,
    profile: profile === "simgrid" ? "simgrid" : "godwit",
  });
  const digest = await digestOf(result);
  const controllers = run.controllers.map((controller) => controller.name);
  const json = fleetToJson({ fleet, result }, { controllers });
  // What the JSON leaves out or rounds is in the digest of all.
  await expect(`${json.replace("{\n", `{\n  "digest": "${digest}",\n`)}`).toMatchFileSnapshot(
    `./${name}.json`,
  );
});
