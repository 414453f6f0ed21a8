import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { outputFile } from "../../../src/files/output-file.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "godwit-output-"));
  writeFileSync(join(folder, "old"), "old");
  mkdirSync(join(folder, "deep"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ["", /expected the path of a file/],
  ["deep", /this is a folder/],
  ["new/", /this is a folder/],
  ["none/a.svg", /folder that exists; it does not exist/],
  ["old/a.svg", /a file in a folder that exists/],
  ["a".repeat(300), /the name is too long/],
  ["/dev/null", /a regular file; this is a device/],
])("%j is refused, and nothing is touched", (path, message) => {
  expect(() => outputFile("--svg", path, folder)).toThrow(message);
  expect(readdirSync(folder).sort()).toEqual(["deep", "old"]);
});

test("the device that was refused is still one", () => {
  expect(() => outputFile("--svg", "/dev/null", folder)).toThrow();
  expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
});

test("a file of the longest name can be written", () => {
  const name = "n".repeat(255);
  outputFile("--svg", name, folder).write("new");
  expect(readFileSync(join(folder, name), "utf8")).toBe("new");
});

test("a link is followed, not replaced; one to nothing is refused", () => {
  symlinkSync("old", join(folder, "link"));
  outputFile("--svg", "link", folder).write("new");
  expect(readlinkSync(join(folder, "link"))).toBe("old");
  expect(readFileSync(join(folder, "old"), "utf8")).toBe("new");
  symlinkSync("none", join(folder, "dangling"));
  expect(() => outputFile("--svg", "dangling", folder)).toThrow(/a link to nothing/);
  symlinkSync("loop", join(folder, "loop"));
  expect(() => outputFile("--svg", "loop", folder)).toThrow(/too many symbolic links/);
});

test("the permissions of a file that is replaced stay", () => {
  chmodSync(join(folder, "old"), 0o600);
  outputFile("--svg", "old", folder).write("new");
  expect(statSync(join(folder, "old")).mode & 0o777).toBe(0o600);
});

test("a file that is read for the run is not overwritten, nor one in a folder that is", () => {
  writeFileSync(join(folder, "deep", "meta.json"), "{}");
  symlinkSync("old", join(folder, "link"));
  const inputs = [join(folder, "old"), join(folder, "deep"), join(folder, "gone")];
  for (const path of ["old", "link", "deep/../old", "deep/meta.json"]) {
    expect(() => outputFile("--svg", path, folder, inputs)).toThrow(/read for the run/);
  }
  outputFile("--svg", "deep/new.svg", folder, inputs).write("new");
  expect(readdirSync(join(folder, "deep")).sort()).toEqual(["meta.json", "new.svg"]);
});

test("a file that is written piece by piece has its name at the end, and keeps its mode", () => {
  chmodSync(join(folder, "old"), 0o640);
  const staged = outputFile("OUT", "old", folder).begin();
  staged.write(Buffer.from("ne"));
  expect(readFileSync(join(folder, "old"), "utf8")).toBe("old");
  expect(readFileSync(staged.path, "utf8")).toBe("ne");
  staged.write(Buffer.from("w"));
  staged.commit();
  // As at the end of whoever wrote it, come what may.
  staged.discard();
  expect(readFileSync(join(folder, "old"), "utf8")).toBe("new");
  expect(statSync(join(folder, "old")).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder).sort()).toEqual(["deep", "old"]);
});

test("one that is given up leaves nothing, and nobody listens for the end of the process", () => {
  const before = process.listenerCount("exit");
  const staged = outputFile("OUT", "new", folder).begin();
  staged.write(Buffer.alloc(100_000));
  expect(process.listenerCount("exit")).toBe(before + 1);
  staged.discard();
  expect(process.listenerCount("exit")).toBe(before);
  expect(readdirSync(folder).sort()).toEqual(["deep", "old"]);
});
