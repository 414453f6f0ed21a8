// Writes the published JSON Schemas of files from the schemas that the library validates with.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { toJsonSchema } from "@valibot/to-json-schema";
import { fleetSchema } from "../dist/fleet/scenario/schema.js";
import { scenarioSchema } from "../dist/scenario/schema.js";
import { sweepSchema } from "../dist/sweep/shape.js";

const SCHEMAS = { scenario: scenarioSchema, fleet: fleetSchema, sweep: sweepSchema };

for (const [name, source] of Object.entries(SCHEMAS)) {
  const path = new URL(`../schema/${name}.schema.json`, import.meta.url);
  const { $schema, ...rest } = toJsonSchema(source);
  const $id = `https://unpkg.com/godwit/schema/${name}.schema.json`;
  const schema = { $schema, $id, ...rest };
  const text = `${JSON.stringify(schema, null, 2)}\n`;

  let written = "";
  try {
    written = readFileSync(path, "utf8");
  } catch {
    mkdirSync(new URL(".", path), { recursive: true });
  }
  // Untouched when equal, so that a build leaves no trace in the working tree.
  if (written !== text) writeFileSync(path, text);
}
