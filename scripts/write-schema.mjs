// Writes the published JSON Schema of a scenario file from the schema that the library validates with.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { toJsonSchema } from "@valibot/to-json-schema";
import { scenarioSchema } from "../dist/scenario/schema.js";

const path = new URL("../schema/scenario.schema.json", import.meta.url);
const { $schema, ...rest } = toJsonSchema(scenarioSchema);
const $id = "https://unpkg.com/godwit/schema/scenario.schema.json";
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
