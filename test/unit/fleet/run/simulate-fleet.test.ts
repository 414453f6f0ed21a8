import { expect, test } from "vitest";
import { simulateFleet } from "../../../../src/fleet/run/simulate-fleet.js";
import { SECOND, tinyFleet } from "./tiny-fleet.js";

test("a VM that is asked to move does, as a fluid and to the page alike", async () => {
  const moves = [{ atNs: SECOND, vm: 0, to: 1 }];
  const fluid = await simulateFleet(tinyFleet(2, [0], [0.5], { moves }));
  const exact = await simulateFleet(tinyFleet(2, [0], [0.5], { moves, exactVms: new Set([0]) }));
  const [a] = fluid.migrations;
  const [b] = exact.migrations;
  console.log(a, b);
  expect(a?.outcome).toBe("completed");
  expect(b?.outcome).toBe("completed");
  expect(fluid.vmHosts[0]).toBe(1);
});
