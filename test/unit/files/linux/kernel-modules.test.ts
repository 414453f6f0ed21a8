import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { modulesInOrder } from "../../../../src/files/linux/kernel-modules.js";

let folder: string;
const body = (depends: string) => `ELF\0license=GPL\0depends=${depends}\0name=x\0`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "godwit-modules-"));
  mkdirSync(join(folder, "net/deep"), { recursive: true });
  const write = (path: string, text: string) =>
    writeFileSync(join(folder, path), Buffer.from(text, "latin1"));
  write("net/deep/the-card.ko", body("shared,bus_core"));
  write("net/other.ko", body("shared"));
  write("shared.ko", body(""));
  // Twelve bytes say how long the signature before them is; then comes the mark.
  const signature = `SIGNED!\0\0\0\0\0\0\0\0\0\0\0\x07~Module signature appended~\n`;
  write("bus-core.ko", body("shared") + signature);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("modules come behind those that they need, each once, however their names are written", () => {
  const names = modulesInOrder(folder, ["the_card", "other"]).map(({ name }) => name);
  expect(names).toEqual(["shared", "bus_core", "the_card", "other"]);
});

test("signatures are cut off", () => {
  const [, signed] = modulesInOrder(folder, ["bus-core"]);
  expect(String(signed?.bytes)).toBe(body("shared"));
});

test("a module that is not there is named", () => {
  expect(() => modulesInOrder(folder, ["absent"])).toThrow(/absent/);
});
