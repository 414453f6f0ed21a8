import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { fleetFileContext } from "../../../src/files/fleet-files.js";
import { readYamlFile } from "../../../src/files/scenario-files.js";
import { emptyPlan } from "../../../src/fleet/control/plan.js";
import { controllers as known } from "../../../src/fleet/control/registry.js";
import type { ControllerKind } from "../../../src/fleet/scenario/context.js";
import { type FleetScenario, resolveFleet } from "../../../src/fleet/scenario/resolve.js";

const FOLDER = "fixtures/fleet";

/** A controller that does nothing, in place of one that is not in the registry yet. */
function idle(name: string): ControllerKind {
  return { create: () => ({ name, decide: () => emptyPlan(name) }) };
}

const controllers = { ...known, "power-consolidation": idle("power-consolidation") };

async function example(file: string): Promise<FleetScenario> {
  const input = await readYamlFile("scenario", join(FOLDER, file));
  return resolveFleet(input, fleetFileContext(FOLDER, controllers));
}

describe("the examples", () => {
  const files = readdirSync(FOLDER).filter((file) => /(?<!-sweep)\.yaml$/.test(file));

  test("are these", () => {
    expect(files).toEqual([
      "consolidation.yaml",
      "load-balancing.yaml",
      "maintenance.yaml",
      "two-providers.yaml",
    ]);
  });

  test.each(files)("%s resolves, and any host can reach any other", async (file) => {
    const { fleet, run } = await example(file);
    expect(fleet.vms.count).toBeGreaterThan(0);
    expect(run.controllers).not.toHaveLength(0);
    const last = fleet.hosts.length - 1;
    expect(fleet.topology.route(0, last).links.length).toBeGreaterThanOrEqual(2);
  });

  test("a trace beside the scenario is found, and its values are shares", async () => {
    const { fleet } = await example("consolidation.yaml");
    const first = fleet.demands[fleet.vms.demand[0] as number];
    expect(first).toMatchObject({ kind: "trace", intervalNs: 3600e9 });
    expect(first?.kind === "trace" && Array.from(first.shares).slice(5, 8)).toEqual([
      0.07, 0.14, 0.23,
    ]);
  });

  test("what was read is known, lest it be written over", () => {
    const context = fleetFileContext(FOLDER, controllers);
    const demand = { trace: "office-load.csv", format: "planetlab" };
    const vms = [{ flavour: "m1.tiny", demand }];
    resolveFleet({ hosts: [{ type: "two-socket" }], vms }, context);
    expect([...context.filesRead]).toContain(join(process.cwd(), FOLDER, "office-load.csv"));
  });

  test("providers are joined by the link between their sites", async () => {
    const { fleet } = await example("two-providers.yaml");
    const { links, latencyNs } = fleet.topology.route(0, 15);
    const wan = links.map((link) => fleet.topology.links[link]);
    expect(wan).toContainEqual(expect.objectContaining({ bandwidth: 1.25e9, latencyNs: 12e6 }));
    expect(latencyNs).toBe(12e6 + 2 * 50e3);
  });
});

describe("files", () => {
  const folder = mkdtempSync(join(tmpdir(), "godwit-fleet-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, contents: string | Uint8Array) =>
    writeFileSync(join(folder, name), contents);
  const resolve = (demand: object) =>
    resolveFleet(
      { hosts: [{ type: "two-socket" }], vms: [{ flavour: "m1.tiny", demand }] },
      fleetFileContext(folder, {}),
    ).fleet;

  test("Azure's come packed, and say when VMs come and go", () => {
    const ids = "sub,dep";
    write(
      "vmtable.csv.gz",
      gzipSync(`a,${ids},0,1200,90,40,80,Unknown,2,4\nb,${ids},600,900,10,5,8,Unknown,>24,>64\n`),
    );
    write("readings.csv.gz", gzipSync("0,a,1,50,20\n300,a,1,50,30\n600,b,0,10,7.5\n0,x,1,2,3\n"));
    const { vms, demands } = resolve({
      trace: "readings.csv.gz",
      format: "azure",
      vmtable: "vmtable.csv.gz",
    });
    expect(Array.from(vms.arrivesNs)).toEqual([0, 600e9]);
    expect(Array.from(vms.departsNs)).toEqual([1200e9, 900e9]);
    expect(demands).toMatchObject([
      { shares: Float64Array.of(0.2, 0.3) },
      { shares: Float64Array.of(0.075) },
    ]);
  });

  test("what cannot be read is told by the field that names it", () => {
    const azure = { trace: "none.csv", format: "azure", vmtable: "none.csv" };
    expect(() => resolve(azure)).toThrow(
      'vms.0.demand.trace: got "none.csv", expected a trace, a file or a folder; it does not exist',
    );
    write("broken.gz", "no gzip");
    expect(() => resolve({ ...azure, trace: "broken.gz", vmtable: "broken.gz" })).toThrow(
      'vms.0.demand.trace: got "broken.gz", expected a whole gzip file',
    );
  });

  test("an observation is checked when a flavour names it", () => {
    write("vm.json", "{}");
    const input = {
      hosts: [{ type: "two-socket" }],
      flavours: { a: { observation: "vm.json" } },
      vms: [],
    };
    expect(() => resolveFleet(input, fleetFileContext(folder, {}))).toThrow(
      "flavours.a.observation",
    );
  });

  test("what is no YAML is told with its line", async () => {
    write("bad.yaml", "a: [1\nb: 2\n");
    await expect(readYamlFile("scenario", join(folder, "bad.yaml"), "bad.yaml")).rejects.toThrow(
      /scenario: got "bad.yaml", expected a file with valid YAML \(.* at line \d/,
    );
  });
});
