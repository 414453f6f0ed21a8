import { expect, test } from "vitest";
import { printable } from "../../../src/cli/printable.js";

test("what would command a terminal is spelt out, all else stays", () => {
  expect(printable("\u001b[2Ja\u0007\u202eb")).toBe("\\u{1b}[2Ja\\u{7}\\u{202e}b");
  expect(printable("Gäste: 日本, 1 µs")).toBe("Gäste: 日本, 1 µs");
});
