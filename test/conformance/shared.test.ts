import { expect, test } from "vitest";
import { sharingObstacle } from "../../src/kernel/load.js";
import { BASE, Backends } from "./backends.js";

// Without it, the suite would pass over the shared build in silence.
test("the suite holds the build over shared memory, too", () => {
  expect(sharingObstacle()).toBeNull();
  const { kernels } = new Backends(BASE);
  expect(kernels.filter(({ buffer }) => buffer instanceof SharedArrayBuffer)).toHaveLength(1);
});
