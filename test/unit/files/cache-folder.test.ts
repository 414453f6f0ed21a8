import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cached, cacheFolder } from "../../../src/files/cache-folder.js";

const NAMES = ["a", "b"] as const;
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "godwit-cache-"));
  vi.stubEnv("XDG_CACHE_HOME", home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const text = (files: Readonly<Record<string, Uint8Array>>) =>
  Object.values(files).map((bytes) => Buffer.from(bytes).toString());

/** Makes files that say how often it was asked. */
function maker() {
  const make = vi.fn(async (scratch: string) => {
    writeFileSync(join(scratch, "waste"), "");
    const count = make.mock.calls.length;
    return { a: Buffer.from(`a${count}`), b: Buffer.from(`b${count}`) };
  });
  return make;
}

test("files are made once, and nothing else is left", async () => {
  const make = maker();
  expect(text(await cached("key", NAMES, make))).toEqual(["a1", "b1"]);
  expect(text(await cached("key", NAMES, make))).toEqual(["a1", "b1"]);
  expect(readdirSync(cacheFolder())).toEqual(["key"]);
  expect(readdirSync(join(cacheFolder(), "key")).sort()).toEqual(["SHA256SUMS", "a", "b"]);
});

test("files under another key are others", async () => {
  const make = maker();
  await cached("key", NAMES, make);
  expect(text(await cached("other", NAMES, make))).toEqual(["a2", "b2"]);
});

test.each(["a", "SHA256SUMS"])("what is damaged (%s) is made again", async (name) => {
  const make = maker();
  await cached("key", NAMES, make);
  writeFileSync(join(cacheFolder(), "key", name), "rot");
  expect(text(await cached("key", NAMES, make))).toEqual(["a2", "b2"]);
  expect(text(await cached("key", NAMES, make))).toEqual(["a2", "b2"]);
});

test("several at once all get whole files, and leave whole ones", async () => {
  const make = maker();
  const all = await Promise.all(Array.from({ length: 5 }, () => cached("key", NAMES, make)));
  for (const files of all) expect(text(files)[0]?.slice(1)).toBe(text(files)[1]?.slice(1));
  const before = make.mock.calls.length;
  await cached("key", NAMES, make);
  expect(make).toHaveBeenCalledTimes(before);
  expect(readdirSync(cacheFolder())).toEqual(["key"]);
});

test("a failure leaves nothing", async () => {
  const failing = () => Promise.reject(new Error("no"));
  await expect(cached("key", NAMES, failing)).rejects.toThrow("no");
  expect(readdirSync(cacheFolder())).toEqual([]);
});

test("the folder is the user's, unless another is named", () => {
  expect(cacheFolder()).toBe(join(home, "godwit"));
  vi.stubEnv("XDG_CACHE_HOME", "relative/is/ignored");
  expect(cacheFolder()).toBe(join(homedir(), ".cache/godwit"));
});

test("a folder that cannot be made is refused by its name", async () => {
  writeFileSync(join(home, "file"), "");
  vi.stubEnv("XDG_CACHE_HOME", join(home, "file"));
  await expect(cached("key", NAMES, maker())).rejects.toMatchObject({ option: "XDG_CACHE_HOME" });
});
