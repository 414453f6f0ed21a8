import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const MIGRATION = `
  import { createTestbed, preCopy } from "./dist/node.js";
  const { machine, link } = await createTestbed(
    { memory: "4MiB", contents: "generated", bandwidth: "1Gbit/s" },
    { threads: 3 },
  );
  console.log((await preCopy(machine, link)).verified);
`;

test("idle threads do not keep a process from ending, whatever flags it was started with", () => {
  const args = ["--input-type=module", "--eval", MIGRATION];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "true\n", stderr: "" });
});
