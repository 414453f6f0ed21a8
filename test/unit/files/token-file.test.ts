import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeTokenFile, readTokenFile } from "../../../src/files/token-file.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "godwit-token-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a token that was made is read again, and is only its owner's", () => {
  const path = join(folder, "token");
  const made = makeTokenFile("--new-token", path);
  expect(readTokenFile("--token-file", path)).toEqual(made);
  expect(made).toMatch(/^[\w-]{43}$/);
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(makeTokenFile("--new-token", join(folder, "other"))).not.toEqual(made);
});

test("a file that exists is never written over", () => {
  const path = join(folder, "token");
  writeFileSync(path, "mine");
  expect(() => makeTokenFile("--new-token", path)).toThrow(/it exists already/);
  expect(readFileSync(path, "utf8")).toBe("mine");
});

test.skipIf(process.platform === "win32")("a file that others may read is refused", () => {
  const path = join(folder, "token");
  makeTokenFile("--new-token", path);
  for (const mode of [0o640, 0o604, 0o620]) {
    chmodSync(path, mode);
    expect(() => readTokenFile("--token-file", path, "token")).toThrow(/try chmod 600 token$/);
  }
});

test.each([
  ["too short", "0123456789\n", /at least 16 characters/],
  ["empty", "", /at least 16 characters/],
  ["too long", "x".repeat(5000), /at most 4096 bytes/],
])("a token that is %s is refused", (_, text, expected) => {
  const path = join(folder, "token");
  writeFileSync(path, text, { mode: 0o600 });
  expect(() => readTokenFile("--token-file", path)).toThrow(expected);
});

test("a missing file, and a folder", () => {
  expect(() => readTokenFile("--token-file", join(folder, "none"))).toThrow(/it does not exist/);
  expect(() => readTokenFile("--token-file", folder)).toThrow(/not a regular file/);
});
