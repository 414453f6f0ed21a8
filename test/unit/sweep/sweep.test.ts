import { describe, expect, test } from "vitest";
import { FIELD_NAMES } from "../../../src/scenario/fields.js";
import { setField } from "../../../src/sweep/field-path.js";
import { KINDS } from "../../../src/sweep/kinds.js";
import { rangeValues } from "../../../src/sweep/range.js";
import { sampleBelow } from "../../../src/sweep/sample.js";
import { readSweep, type Sweep } from "../../../src/sweep/sweep.js";

function inputs(sweep: Sweep): unknown[] {
  return Array.from({ length: sweep.count }, (_, index) => sweep.inputAt(index));
}

describe("the points of a sweep", () => {
  test("are every combination, the last field varying fastest, each with its seeds", () => {
    const sweep = readSweep({
      run: "simulate",
      base: { memory: "1GiB", seed: 7 },
      vary: { strategy: ["pre-copy", "hybrid"], maxRounds: { from: 1, to: 3, steps: 3 } },
      repeat: 2,
    });
    expect(sweep.varied).toEqual([
      { field: "strategy", type: "text" },
      { field: "maxRounds", type: "integer" },
      { field: "seed", type: "integer" },
    ]);
    const expected = ["pre-copy", "hybrid"].flatMap((strategy) =>
      [1, 2, 3].flatMap((maxRounds) =>
        [7, 8].map((seed) => ({ memory: "1GiB", strategy, maxRounds, seed })),
      ),
    );
    expect(inputs(sweep)).toEqual(expected);
    expect(sweep.valuesAt(11)).toEqual(["hybrid", 3, 8]);
  });

  test("that vary together take as many steps as each has", () => {
    const zip = [
      { bandwidth: ["1Gbit/s", "2Gbit/s"], rtt: ["1ms", "2ms"] },
      { loss: [0, 0.01, 0.02] },
    ];
    const sweep = readSweep({ run: "simulate", zip });
    expect(sweep.count).toBe(6);
    expect(sweep.valuesAt(4)).toEqual(["2Gbit/s", "2ms", 0.01]);
    expect(sweep.placeOf("loss")).toBe("zip.1.loss");
    expect(sweep.placeOf("memory")).toBe("base.memory");
  });

  test("without anything that varies are one", () => {
    expect(inputs(readSweep({ run: "predict", base: { memory: "1GiB" } }))).toEqual([
      { memory: "1GiB" },
    ]);
  });

  test("reach into objects and lists, and do not share them", () => {
    const base = { network: {}, controllers: [{ threshold: 1 }, { threshold: 2 }] };
    const vary = { "controllers.1.threshold": [3, 4], "network.link.rate": ["1MB/s"] };
    const [first, second] = inputs(readSweep({ run: "simulate", base, vary }));
    expect(first).toEqual({
      network: { link: { rate: "1MB/s" } },
      controllers: [{ threshold: 1 }, { threshold: 3 }],
    });
    expect(second).toMatchObject({ controllers: [{ threshold: 1 }, { threshold: 4 }] });
    expect(base.controllers[1]?.threshold).toBe(2);
  });

  test("can be a sample: a subset in its order, whose members keep all their seeds", () => {
    const values = Array.from({ length: 50 }, (_, at) => at);
    const space = { run: "simulate", vary: { a: values, b: values }, repeat: 3 };
    const sample = readSweep({ ...space, sample: { count: 40, seed: 5 } });
    expect(sample.count).toBe(120);
    const points = Array.from({ length: 120 }, (_, index) => sample.valuesAt(index) as number[]);
    const places = points.map(([a = 0, b = 0]) => a * 50 + b);
    expect(new Set(places).size).toBe(40);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(points.map(([, , seed]) => seed)).toEqual(
      Array.from({ length: 40 }, () => [1, 2, 3]).flat(),
    );
    const other = readSweep({ ...space, sample: { count: 40, seed: 6 } });
    expect(other.valuesAt(0)).not.toEqual(sample.valuesAt(0));
  });
});

test("every subset of a sample has the same chance", () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 6000; seed++) {
    const subset = sampleBelow(4, 2, seed).join();
    counts.set(subset, (counts.get(subset) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  // Five standard deviations about 1000.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(145);
  expect([...sampleBelow(3, 5, 1)]).toEqual([0, 1, 2]);
});

test.each([
  [{ from: 0, to: 1, steps: 11 }, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]],
  [{ from: 1, to: 1000, steps: 4, log: true }, [1, 10, 100, 1000]],
  [{ from: "1GiB", to: "2GiB", steps: 3 }, ["1GiB", "1.5GiB", "2GiB"]],
  [{ from: "20%", to: "10%", steps: 2 }, ["20%", "10%"]],
])("the values of a range: %j", (range, values) => {
  expect(rangeValues("r", range)).toEqual(values);
});

const RUN = { run: "simulate" };

test.each([
  ["not an object", [], 'sweep: got "a list"'],
  ["no kind", {}, "run: got nothing, expected one of simulate, predict"],
  ["another kind", { run: "fly" }, 'run: got "fly", expected one of simulate, predict'],
  ["a field that is none", { ...RUN, varry: {} }, "varry: got"],
  ["no values", { ...RUN, vary: { a: [] } }, "vary.a: got"],
  ["a text for a list", { ...RUN, vary: { a: "1" } }, "expected a list of values, or from, to"],
  [
    "half a range",
    { ...RUN, vary: { a: { from: 1, to: 2, steps: 1 } } },
    "vary.a.steps: got 1, expected a whole number, 2 to 10000",
  ],
  [
    "a range between units",
    { ...RUN, vary: { a: { from: "1GiB", to: "1MiB", steps: 2 } } },
    'vary.a.to: got "1MiB", expected a number in GiB',
  ],
  [
    "multiples from nothing",
    { ...RUN, vary: { a: { from: 0, to: 2, steps: 2, log: true } } },
    "vary.a.from: got 0, expected more than 0",
  ],
  ["a range of words", { ...RUN, zip: { a: { from: "x", to: "y", steps: 2 } } }, "zip.a.from"],
  [
    "unequal lists",
    { ...RUN, zip: [{ a: [1, 2], b: [1] }] },
    'zip.0.b: got "1 values", expected 2 values, as many as zip.0.a has',
  ],
  [
    "a field set twice",
    { ...RUN, base: { a: 1 }, vary: { a: [1] } },
    'vary.a: got "a", expected a field that base.a does not set',
  ],
  ["seeds twice", { ...RUN, vary: { seed: [1] }, repeat: 2 }, 'repeat: got "seed"'],
  ["a seed that is no number", { ...RUN, base: { seed: "x" }, repeat: 2 }, "base.seed"],
  ["too many points", { ...RUN, vary: { a: range(), b: range() } }, "at most 1000000 points"],
  ["an infinite number", { ...RUN, base: { a: [Number.POSITIVE_INFINITY] } }, "base.a.0"],
  ["no depth", { ...RUN, base: deep(100) }, "at most 64 objects within one another"],
  [
    "a name of JavaScript's own",
    { ...RUN, vary: JSON.parse('{"a.__proto__.b": [1]}') },
    "vary.a.__proto__.b",
  ],
])("what is wrong is told by its path: %s", (_, input, message) => {
  expect(() => readSweep(input)).toThrow(message);
});

test.each([
  ["memory.x", "memory to be an object or a list"],
  ["list.2", "a place in a list of 2"],
  ["list.-1", "a place in a list of 2"],
  ["list..x", "a name or a place in a list between the dots"],
])("a path that leads nowhere is told: %s", (path, message) => {
  const target = { memory: "1GiB", list: [{}, {}] };
  expect(() => setField(target, path, 1)).toThrow(message);
});

test("no column of results is called like a field that may vary", () => {
  const names = KINDS.simulate.columns.map(({ name }) => name);
  expect(names.filter((name) => (FIELD_NAMES as readonly string[]).includes(name))).toEqual([]);
  for (const { columns } of Object.values(KINDS)) {
    const unique = new Set(columns.map(({ name }) => name));
    expect(unique.size).toBe(columns.length);
    expect(unique.has("error") || unique.has("point")).toBe(false);
  }
});

function range(): object {
  return { from: 0, to: 1, steps: 2000 };
}

function deep(levels: number): object {
  return levels === 0 ? {} : { in: deep(levels - 1) };
}
