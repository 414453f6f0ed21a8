import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isGodwitError } from "../../src/errors.js";
import { contextWithoutFleetFiles } from "../../src/fleet/scenario/context.js";
import type { FleetInput } from "../../src/fleet/scenario/input.js";
import { resolveFleet } from "../../src/fleet/scenario/resolve.js";
import { parseAzure } from "../../src/fleet/scenario/traces/azure.js";
import { parseBitbrainsFiles } from "../../src/fleet/scenario/traces/bitbrains.js";
import {
  parsePlanetLabFiles,
  parsePlanetLabTable,
} from "../../src/fleet/scenario/traces/planetlab.js";

const share = fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const minutes = fc.integer({ min: 1, max: 2000 }).map((count) => `${count}m`);

const demand = fc.oneof(
  share,
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constant("office"),
  fc.constant("10%..20%"),
  fc.record({
    low: fc.constant("5%..10%"),
    high: fc.constant("30%"),
    peak: fc.constant("9h..17h"),
  }),
);

const vms = fc.record(
  {
    count: fc.integer({ min: 1, max: 12 }),
    flavour: fc.constantFrom("small", ["small", "m1.tiny"], "m1.medium"),
    name: fc.constantFrom("a{}", "web", "db-{}-x"),
    demand,
    placement: fc.constantFrom(
      "round-robin",
      "first-fit",
      "emptiest",
      "random",
      "on-arrival",
      "h0",
    ),
    arrive: minutes,
    lifetime: fc.oneof(minutes, fc.record({ mean: minutes })),
    affinity: fc.record({ rule: fc.constant("together" as const), sets: fc.constant(2) }),
  },
  { requiredKeys: ["count", "flavour", "name"] },
);

const hosts = fc.record(
  {
    count: fc.integer({ min: 2, max: 20 }),
    type: fc.constantFrom("big", "two-socket", ["big", "two-socket"]),
    rackSize: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: ["count", "type"] },
);

/** Scenarios that are right; sets of two that are to be together need an even count. */
const scenario: fc.Arbitrary<FleetInput> = fc
  .record({
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    interval: optional(minutes),
    hosts: fc.array(hosts, { minLength: 1, maxLength: 3 }),
    vms: fc.array(vms, { maxLength: 4 }),
    network: fc.constantFrom("star" as const, "shared" as const, "racks" as const),
    limits: fc.constantFrom("kubevirt", "none", { perSource: 3 }),
    faults: fc.array(fc.record({ host: fc.constant("h0..h1"), every: minutes }), { maxLength: 2 }),
  })
  .map((parts) => ({
    ...parts,
    hostTypes: { big: { cores: 32, memory: "1TiB", power: { idle: 100, max: 300 } } },
    flavours: { small: { vcpus: 1, memory: "1GiB", workload: "uniform:wss=64MiB,rate=100/s" } },
    demands: { office: { low: "5%", high: "50%..90%" } },
    vms: parts.vms.map((group, index) => ({
      ...group,
      name: `${index}${group.name}`,
      count: group.affinity === undefined ? group.count : 2 * group.count,
    })),
  }));

test("any right scenario resolves, within its hosts, the same again", () => {
  fc.assert(
    fc.property(scenario, (input) => {
      const { fleet } = resolveFleet(input, contextWithoutFleetFiles());
      const used = new Float64Array(fleet.hosts.length);
      const names = new Set<string>();
      for (let vm = 0; vm < fleet.vms.count; vm++) {
        const flavour = fleet.flavours[fleet.vms.flavour[vm] as number];
        expect(fleet.demands[fleet.vms.demand[vm] as number]).toBeDefined();
        names.add(fleet.vms.name(vm));
        const host = fleet.vms.host[vm] as number;
        if (host < 0 || fleet.vms.arrivesNs[vm] !== 0) continue;
        used[host] = (used[host] as number) + (flavour?.memoryBytes ?? 0);
      }
      expect(names.size).toBe(fleet.vms.count);
      used.forEach((bytes, host) => {
        expect(bytes).toBeLessThanOrEqual(fleet.hosts[host]?.type.memoryBytes ?? 0);
      });
      const again = resolveFleet(structuredClone(input), contextWithoutFleetFiles()).fleet;
      expect(again.vms.host).toEqual(fleet.vms.host);
      expect(again.vms.departsNs).toEqual(fleet.vms.departsNs);
      expect(again.faults).toEqual(fleet.faults);
    }),
    { numRuns: 100 },
  );
});

const wrong = fc.constantFrom<unknown>(
  ...[null, true, -1, 0, 1.5, 1e9, 1e300, Number.NaN, "", "x", "1h", "10%", "-5%", "h0..h9999999"],
  ...[
    "..",
    "{}",
    "h{}{}",
    "__proto__",
    "9".repeat(5000),
    [],
    [[]],
    {},
    { a: 1 },
    { kind: "graph" },
  ],
);

/** Every place in a value, as the keys that lead there. */
function placesIn(value: unknown, above: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [...above, key],
    ...placesIn(inner, [...above, key]),
  ]);
}

function damage(input: object, keys: readonly string[], kind: string, value: unknown): void {
  const parent = keys
    .slice(0, -1)
    .reduce<Record<string, unknown>>(
      (at, key) => at[key] as Record<string, unknown>,
      input as Record<string, unknown>,
    );
  const key = keys.at(-1) as string;
  if (kind === "replace") parent[key] = value;
  else if (kind === "remove") delete parent[key];
  else parent[`${key}s`] = value;
}

test("any damage is survived, or told with the path of a field", () => {
  fc.assert(
    fc.property(
      scenario,
      fc.nat(),
      fc.constantFrom("replace", "remove", "add"),
      wrong,
      (input, place, kind, value) => {
        const damaged = structuredClone(input);
        const places = placesIn(damaged);
        const keys = places[place % places.length] ?? ["hosts"];
        damage(damaged, keys, kind, value);
        try {
          resolveFleet(damaged, contextWithoutFleetFiles());
        } catch (error) {
          if (!isGodwitError(error, "InvalidOptionError")) throw error;
          const [first = ""] = error.option.split(/[. ]/);
          expect([...Object.keys(damaged), "hosts", "vms"]).toContain(first);
          expect(error.message.length).toBeLessThan(2000);
        }
      },
    ),
    { numRuns: 600 },
  );
});

const cell = fc.oneof(
  fc.constantFrom(
    "0",
    "300",
    "600",
    "1e5",
    "-1",
    "vm",
    "t0",
    "t300",
    "a",
    ">24",
    "",
    "9".repeat(30),
  ),
  fc.string({ maxLength: 5 }),
);
const traceText = fc
  .array(fc.tuple(fc.array(cell, { maxLength: 12 }), fc.constantFrom(",", ";")), { maxLength: 8 })
  .map((lines) => lines.map(([cells, between]) => cells.join(between)).join("\n"));

test("any text is a trace, or told with its line", () => {
  fc.assert(
    fc.property(traceText, traceText, (text, other) => {
      const file = { name: "trace", text };
      const parsers = [
        () => parsePlanetLabFiles([file]),
        () => parsePlanetLabTable("trace", text),
        () => parseBitbrainsFiles([file]),
        () => parseAzure(file, [{ name: "trace", text: other }]),
      ];
      for (const parse of parsers) {
        try {
          const { vms } = parse();
          for (const { shares } of vms) {
            expect(Array.from(shares).every((share) => share >= 0 && share <= 1)).toBe(true);
          }
        } catch (error) {
          if (!isGodwitError(error, "InvalidOptionError")) throw error;
          expect(error.option).toMatch(/^trace(, line \d+)?$/);
        }
      }
    }),
    { numRuns: 500 },
  );
});
