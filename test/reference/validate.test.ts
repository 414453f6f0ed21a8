import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const HEAD =
  "id,network_model,crosstraffic,ram_bytes,host_flops_per_s,cpu_utilisation,dirty_intensity,working_set_bytes,migration_speed_cap_Bps,link_bandwidth_Bps,link_latency_s,total_time_s,downtime_s,stage2_rounds,bytes_sent,outcome,note";
/** A GiB that nothing writes over a link of 1 Gbit/s; arithmetic says how long it takes. */
const idle = (seconds: string): string =>
  `idle,CM02,0,1073741824,1000000000,0,0,966367641,125000000,125000000,0,${seconds},0,0,1073741824,ok,"quoted, with a comma"`;
/** It writes five times what the link carries. */
const HOPELESS =
  "hopeless,CM02,0,4294967296,1000000000,1,1,3865470566,625000000,125000000,0,,,,,timeout,";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "validate-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function validate(...rest: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["scripts/validate.mjs", folder, ...rest],
    { encoding: "utf8" },
  );
  return { status, out: stdout, err: stderr };
}

test("a folder with some of SimGrid's cases is held against them", () => {
  writeFileSync(
    join(folder, "simgrid_cases.csv"),
    [HEAD, idle("8.589934592"), HOPELESS].join("\n"),
  );
  const document = join(folder, "simulators.md");
  const { status, out, err } = validate("--write", document);
  expect([status, err]).toEqual([0, ""]);
  expect(out).toContain("| idle | CM02 | 8.589935 | 0 |");
  expect(out).toMatch(
    /\| hopeless \| does not converge \| a round of 3865470566 bytes .*\| 625\.\d MB\/s/,
  );
  expect(out).not.toContain("CloudSim 3.0.3:");
  expect(out.startsWith(readFileSync(document, "utf8"))).toBe(true);
});

test("a goal that is missed is named, with exit code 2", () => {
  writeFileSync(join(folder, "simgrid_cases.csv"), [HEAD, idle("8.5899432")].join("\n"));
  const { status, out, err } = validate();
  expect([status, err]).toEqual([2, "goals missed:\n  SimGrid's case idle\n"]);
  expect(out).toContain("| 1.0e-6 |");
});

test("so is a day of which the traces are missing, and a table without a column is refused", () => {
  const file = join(folder, "cloudsim_planetlab_reference.csv");
  writeFileSync(file, "experiment,energy_kwh,migrations\n20110306_thr_mmt_0.8,1,2\n");
  const missing = validate("--traces", folder);
  expect(missing.status).toBe(2);
  expect(missing.err).toContain("no traces of 20110306");
  writeFileSync(file, "experiment,energy_kwh\n20110306_thr_mmt_0.8,1\n");
  const refused = validate();
  expect(refused.status).toBe(1);
  expect(refused.err).toBe(`validate: ${file} has no column migrations\n`);
});
