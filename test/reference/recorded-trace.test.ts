import { join } from "node:path";
import { expect, test } from "vitest";
import { readTraceFolder } from "../../src/files/contents-files.js";
import { referenceData } from "../reference-data.js";

test.skipIf(referenceData === null).each([
  ["redis", 160],
  ["pipeline", 128],
])("reads the recorded memory of a Linux guest: %s", async (name, mebibytes) => {
  const trace = await readTraceFolder(join(referenceData ?? "", "traces", name));
  expect(trace.pageCount).toBe(mebibytes * 256);
  expect(trace.snapshots).toHaveLength(12);
});
