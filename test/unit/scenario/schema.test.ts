import { readFileSync } from "node:fs";
import { toJsonSchema } from "@valibot/to-json-schema";
import { describe, expect, test } from "vitest";
import { FIELD_NAMES, FIELDS } from "../../../src/scenario/fields.js";
import { contextWithoutFiles, resolveScenario } from "../../../src/scenario/resolve.js";
import { scenarioSchema } from "../../../src/scenario/schema.js";
import { nearestName } from "../../../src/scenario/shape.js";

describe("the published schema", () => {
  const published = JSON.parse(readFileSync("schema/scenario.schema.json", "utf8"));

  test("is written from the fields that files are checked with", () => {
    expect(published).toMatchObject(toJsonSchema(scenarioSchema));
  });

  test("explains every field and refuses others", () => {
    expect(Object.keys(published.properties)).toEqual(["$schema", ...FIELD_NAMES]);
    expect(published.additionalProperties).toBe(false);
    for (const name of FIELD_NAMES) {
      expect(published.properties[name]).toMatchObject({
        title: expect.any(String),
        description: expect.any(String),
      });
    }
  });
});

test("every fallback and every example is accepted", () => {
  const needs: Partial<Record<string, object>> = {
    xbzrleCache: { xbzrle: true },
    throttleInitial: { autoConverge: true },
    throttleIncrement: { autoConverge: true },
    throttleMax: { autoConverge: true },
    throttleTrigger: { autoConverge: true },
    shutdown: { power: "off" },
    boot: { power: "off" },
    prepaging: { onNotConverged: "post-copy" },
    pivots: { onNotConverged: "post-copy" },
  };
  const context = { ...contextWithoutFiles(), imageBytes: () => 4096 };
  for (const name of FIELD_NAMES) {
    const { example, fallback, kind, strategies } = FIELDS[name];
    for (const value of [example, fallback]) {
      if (value === undefined) continue;
      const strategy = name === "strategy" ? {} : { strategy: strategies?.[0] ?? "pre-copy" };
      const input = { ...strategy, ...needs[name], [name]: kind === "switch" ? true : value };
      expect(() => resolveScenario(input, context), `${name} ${value}`).not.toThrow();
    }
  }
});

test("the nearest name is near", () => {
  expect(nearestName("memroy", FIELD_NAMES)).toBe("memory");
  expect(nearestName("maxrounds", FIELD_NAMES)).toBe("maxRounds");
  expect(nearestName("somethingElseEntirely", FIELD_NAMES)).toBeNull();
});
