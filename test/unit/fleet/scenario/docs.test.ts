import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { fleetSchema } from "../../../../src/fleet/scenario/schema.js";
import { checkShape } from "../../../../src/fleet/scenario/shape.js";
import { readSweep } from "../../../../src/sweep/sweep.js";

describe("every piece of YAML in the page about scenarios", () => {
  const page = readFileSync("docs/fleet-scenario.md", "utf8");
  const pieces = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)]
    .map(([, piece = ""]) => piece)
    // A sweep's file is not a scenario.
    .filter((piece) => !piece.startsWith("run:"));

  test("is found", () => {
    expect(pieces.length).toBeGreaterThan(5);
  });

  test.each(pieces)("%s", (piece) => {
    const value = parse(piece);
    if ("run" in value) {
      expect(readSweep(value).run).toBe("fleet");
      return;
    }
    const rest = { hosts: [{ type: "two-socket" }], vms: [] };
    expect(() => checkShape(fleetSchema, { ...rest, ...value }, "")).not.toThrow();
  });
});
