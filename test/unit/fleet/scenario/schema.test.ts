import { readFileSync } from "node:fs";
import { toJsonSchema } from "@valibot/to-json-schema";
import { describe, expect, test } from "vitest";
import { fleetSchema } from "../../../../src/fleet/scenario/schema.js";

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly const?: unknown;
}

describe("the published schema of a fleet", () => {
  const published: JsonSchema = JSON.parse(readFileSync("schema/fleet.schema.json", "utf8"));

  test("is written from the shape that files are checked with", () => {
    expect(published).toMatchObject(toJsonSchema(fleetSchema));
  });

  test("explains every field", () => {
    const silent: string[] = [];
    const visit = (schema: JsonSchema, path: string): void => {
      for (const [name, field] of Object.entries(schema.properties ?? {})) {
        const isExplained = field.description !== undefined || field.const !== undefined;
        if (!isExplained) silent.push(`${path}.${name}`);
        visit(field, `${path}.${name}`);
      }
      const inner = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])];
      for (const one of [...inner, ...(schema.oneOf ?? [])]) {
        if (typeof one === "object") visit(one, path);
      }
    };
    visit(published, "");
    expect(silent).toEqual([]);
  });

  test("refuses fields that do not exist", () => {
    expect(published.additionalProperties).toBe(false);
    expect(published.properties?.flavours?.additionalProperties).toMatchObject({
      additionalProperties: false,
    });
  });
});
