import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fleetFileContext } from "../../src/files/fleet-files.js";
import { fleetN } from "../../src/fleet/scenario/fleet-n.js";
import { resolveFleet } from "../../src/fleet/scenario/resolve.js";
import { referenceData } from "../reference-data.js";

const folder = referenceData ?? "";

describe.skipIf(referenceData === null)("reference data of fleets", () => {
  test("a day of PlanetLab is 1,052 VMs of 288 values, dealt to the paper's flavours", () => {
    const trace = { trace: "planetlab/20110303.csv", format: "planetlab" };
    const quarter = (flavour: string, first: number) => ({
      ...{ name: `${flavour}-{}`, count: 263, flavour, placement: "on-arrival" },
      demand: { ...trace, first },
    });
    const { fleet } = resolveFleet(
      {
        hosts: [{ count: 800, type: ["hp-ml110-g4", "hp-ml110-g5"] }],
        flavours: {
          medium: { vcpuSpeed: 2.5, memory: "870MiB" },
          large: { vcpuSpeed: 2, memory: "1740MiB" },
          small: { vcpuSpeed: 1, memory: "1740MiB" },
          micro: { vcpuSpeed: 0.5, memory: "613MiB" },
        },
        vms: [
          quarter("medium", 0),
          quarter("large", 263),
          quarter("small", 526),
          quarter("micro", 789),
        ],
      },
      fleetFileContext(join(folder, "traces"), {}),
    );
    expect(fleet.vms.count).toBe(1052);
    const last = fleet.demands[fleet.vms.demand[1051] as number];
    const line = readFileSync(join(folder, "traces/planetlab/20110303.csv"), "utf8")
      .trim()
      .split("\n")
      .at(-1);
    const values = (line ?? "")
      .split(",")
      .slice(1)
      .map((value) => Number(value) / 100);
    expect(values).toHaveLength(288);
    expect(last).toMatchObject({ kind: "trace", intervalNs: 300e9 });
    expect(last?.kind === "trace" && Array.from(last.shares)).toEqual(values);
  });

  test.each([
    [16, "star", 0, 1],
    [16, "bb", 5, 1],
    [100, "bb", 0, 2],
  ] as const)(
    "fleet-%i %s has the VMs and moves that SimGrid was given",
    (hosts, topology, s, c) => {
      const { fleet } = fleetN({ hosts, topology, staggerSeconds: s, cores: c });
      const file = join(folder, `simulators/contention_N${hosts}_${topology}_s${s}_CM02_c${c}.csv`);
      const rows = readFileSync(file, "utf8").trim().split("\n").slice(1);
      expect(rows).toHaveLength(hosts);
      for (const row of rows) {
        const [name = "", source, target, ram, intensity, set, cap, start] = row.split(",");
        const vm = Number(name.replace(/\D/g, ""));
        const flavour = fleet.flavours[fleet.vms.flavour[vm] as number];
        const [curve] = flavour?.memory.curve ?? [];
        const move = fleet.moves[vm];
        expect(flavour?.memoryBytes).toBe(Number(ram));
        expect(flavour?.move.options.maxBandwidth).toBe(Number(cap));
        expect(curve?.kind === "cyclic" && curve.pages * 4096).toBe(Number(set));
        const rate = curve?.kind === "cyclic" ? (curve.rate * 4096) / Number(cap) : 0;
        expect(rate).toBeCloseTo(Number(intensity), 9);
        expect(fleet.hosts[fleet.vms.host[vm] as number]?.name).toBe(`h${source}`);
        expect(fleet.hosts[move?.to as number]?.name).toBe(`h${target}`);
        expect((move?.atNs ?? 0) / 1e9).toBeCloseTo(Number(start), 6);
      }
    },
  );
});
