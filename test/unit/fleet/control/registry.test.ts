import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { controllers, createController } from "../../../../src/fleet/control/registry.js";
import {
  describe as describeSetting,
  readSettings,
} from "../../../../src/fleet/control/settings.js";
import { SECOND } from "../../../../src/units.js";
import { contextOf, snapshotOf } from "../../../fleet-scenes.js";

const snapshot = snapshotOf({ hosts: [{}, {}], vms: [{ host: 0 }] });
const context = contextOf(snapshot);
const kinds = Object.entries(controllers);

describe.each(kinds)("%s", (name, kind) => {
  test("can be made with defaults, and its defaults have the shape of its schema", () => {
    expect(createController(name, undefined, context).name).toBe(name);
    const defaults = Object.fromEntries(
      Object.entries(kind.settings).map(([key, setting]) => [key, setting.default]),
    );
    expect(v.safeParse(kind.schema, defaults).success).toBe(true);
    expect(v.safeParse(kind.schema, { nonsense: 1 }).success).toBe(false);
    expect(kind.create(defaults, context).decide(snapshot).controller).toBe(name);
  });

  test("says of every setting what it is, and why its default", () => {
    for (const setting of Object.values(kind.settings)) {
      expect(describeSetting(setting)).toContain(`Default ${setting.default ?? "none"}: `);
      expect(setting.source.length).toBeGreaterThan(5);
    }
  });
});

describe("settings", () => {
  const table = controllers["drain"]?.settings ?? {};
  const read = (input: unknown) => readSettings(table, input, "controllers[0]");

  test("are read with their units", () => {
    expect(read({ deadline: "30m", hosts: "h1, h0", mayWake: "false", atOnce: 2 })).toMatchObject({
      deadline: 1800 * SECOND,
      hosts: ["h1", "h0"],
      mayWake: false,
      atOnce: 2,
      service: 600 * SECOND,
    });
    expect(read({ deadline: null, hosts: ["h0"] })).toMatchObject({
      deadline: null,
      hosts: ["h0"],
    });
    const { settings = {} } = controllers["load-balancing"] ?? {};
    expect(readSettings(settings, { fill: "150 %", above: 0.3 }, "c")).toMatchObject({
      fill: 1.5,
      above: 0.3,
    });
  });

  test("name the host that there is not by their path", () => {
    expect(() => createController("drain", { hosts: "h9" }, context, "controllers.0")).toThrow(
      'controllers.0.drain.hosts: got "h9", expected names of hosts',
    );
  });

  test.each([
    [{ deadlin: "1m" }, /controllers\[0\]\.deadlin: .*perhaps deadline\?/],
    [{ deadline: 30 }, /controllers\[0\]\.deadline: got 30, expected a time with its unit/],
    [{ service: null }, /controllers\[0\]\.service/],
    [{ ifLate: "never" }, /one of wait, skip/],
    [{ atOnce: 0 }, /a whole number, from 1/],
    [{ hosts: [] }, /names, such as h1,h2/],
    [{ hosts: [1] }, /names, such as h1,h2/],
    [{ mayWake: 1 }, /true or false/],
    ["text", /controllers\[0\]: got "text", expected an object/],
    [[], /expected an object/],
  ])("%j is refused", (input, message) => {
    expect(() => read(input)).toThrow(message);
  });

  test.each([0, -1, 17, "0%", "x", "1e9%", Number.NaN])("a target is not filled to %j", (fill) => {
    const { settings = {} } = controllers["load-balancing"] ?? {};
    expect(() => readSettings(settings, { fill }, "c")).toThrow(/c\.fill: .* a share above 0/);
  });

  test("a controller that there is not is refused", () => {
    for (const name of ["nonsense", "toString", "__proto__"]) {
      expect(() => createController(name, undefined, context)).toThrow(/one of load-balancing/);
    }
  });
});
