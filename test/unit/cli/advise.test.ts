import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readXml } from "../report/xml.js";
import { type Stage, setStage } from "./stage.js";

let stage: Stage;
beforeEach(() => {
  stage = setStage();
});
afterEach(() => stage.close());

const GUEST = ["--memory", "2GiB", "--bandwidth", "1Gbit/s", "--runs", "60", "--deadline", "2m"];
const CYCLIC = ["advise", ...GUEST, "--workload", "sequential:wss=160MiB,rate=60k/s"];

test("advise lists what reaches the goal, cheapest first, with cost and reason", async () => {
  const { code, out } = await stage.play(CYCLIC);
  expect(code).toBe(0);
  expect(out).toMatch(/^As it is, 0 % of the runs end within 120 s\.$/m);
  expect(out).toMatch(/^1\. downtime-limit \d+\n {3}costs: .*stands still.*\n {3}why: /m);
  const places = ["downtime-limit", "bandwidth", "xbzrle", "auto-converge", "post-copy"].map(
    (name) => out.search(new RegExp(`^\\d +${name} `, "m")),
  );
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((one, other) => one - other));
  expect(out).toMatch(/^- stop before migrate: the downtime's p95 is/m);
});

test("advise leaves alone what is well", async () => {
  const { code, out } = await stage.play(["advise", ...GUEST, "--workload", "idle"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^Nothing need be changed: /m);
});

test("advise --json tells all with its settings, and writes the picture", async () => {
  const { code, out } = await stage.play([...CYCLIC, "--json", "--svg", "why.svg"]);
  expect(code).toBe(0);
  const { goal, reaching, curve } = JSON.parse(out);
  expect(goal).toEqual({ deadlineMs: 120_000, maxDowntimeMs: 300 });
  expect(reaching[0]).toMatchObject({
    measures: ["downtime-limit"],
    settings: { profile: "qemu-7.2", maxBandwidth: 1.25e8, stopFirst: false },
    prediction: { verdict: "converges" },
  });
  expect(curve.equilibriumMs).toBeGreaterThan(1000);
  const svg = readFileSync(join(stage.folder, "why.svg"), "utf8");
  expect(readXml(svg)).toContain("polyline");
  expect(svg).toContain("longer than the downtime limit of 300 ms");
});

test("advise answers 2 when nothing does it", async () => {
  const { code, out } = await stage.play([...CYCLIC, "--max-downtime", "1us"]);
  expect(code).toBe(2);
  expect(out).toContain("Nothing that was tried reaches the goal.");
});

test("advise refuses a bad goal before it writes", async () => {
  const { code, err } = await stage.play([...CYCLIC, "--max-downtime", "soon", "--svg", "why.svg"]);
  expect(code).toBe(1);
  expect(err).toMatch(/^godwit: --max-downtime: got "soon"/);
  expect((await stage.play([...CYCLIC, "--max-downtime", "0s"])).err).toMatch(
    /^godwit: --max-downtime: got "0s", expected a time above 0/,
  );
  expect((await stage.play([...CYCLIC, "--downtime-limit", "0"])).err).toMatch(
    /^godwit: --downtime-limit: got 0, expected a time above 0/,
  );
  expect(existsSync(join(stage.folder, "why.svg"))).toBe(false);
});

const PLATFORM = ["predict", "--memory", "8GiB", "--link", "1Gbit/s", "--runs", "20"];

test("predict --platform shows a row for each platform", async () => {
  const argv = [...PLATFORM, "--workload", "uniform:wss=1GiB,rate=90k/s"];
  const { code, out } = await stage.play([
    ...argv,
    "--platform",
    "kubevirt, nova-post-copy,proxmox",
  ]);
  expect(code).toBe(2);
  expect(out).toMatch(/^kubevirt +aborted +0 % +- +- +-$/m);
  expect(out).toMatch(/^nova-post-copy +post-copy +100 % +106\.\d m /m);
  expect(out).toMatch(/^proxmox +switches over +100 % /m);
  expect(out).not.toMatch(/^cloud-hypervisor/m);
});

test("predict --platform all --json gives every prediction", async () => {
  const argv = [...PLATFORM, "--workload", "idle", "--platform", "all", "--json"];
  const { code, out } = await stage.play(argv);
  expect(code).toBe(0);
  const names = JSON.parse(out).map((one: { platform: { name: string } }) => one.platform.name);
  expect(names).toContain("kubevirt-stall-detector");
  expect(new Set(names).size).toBe(10);
});

test("predict --platform refuses what it does not know and what it brings", async () => {
  const argv = [...PLATFORM, "--workload", "idle", "--platform"];
  expect((await stage.play([...argv, "xen"])).err).toMatch(/^godwit: --platform: got "xen"/);
  const { code, err } = await stage.play([...argv, "nova", "--downtime-limit", "300"]);
  expect(code).toBe(1);
  expect(err).toMatch(/^godwit: --downtime-limit: .*brings itself/);
});
