import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { StagedFolder } from "../../../src/files/staged-folder.js";

/** An empty folder at which a file system is mounted, if this machine has one. */
function emptyMountPoint(): string | undefined {
  if (!existsSync("/proc/self/mounts")) return undefined;
  const places = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  return places.find((place) => {
    try {
      return (
        readdirSync(place).length === 0 && statSync(place).dev !== statSync(dirname(place)).dev
      );
    } catch {
      return false;
    }
  });
}

const mounted = emptyMountPoint();

test("appears whole, also where an empty folder is", async () => {
  const path = mkdtempSync(join(tmpdir(), "godwit-staged-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const staged = await StagedFolder.begin("store", path);
  expect(readdirSync(path)).toEqual([]);
  await staged.commit();
  expect(existsSync(staged.stage)).toBe(false);
  expect(existsSync(path)).toBe(true);
});

test.skipIf(mounted === undefined)("refuses at once what a rename could not replace", async () => {
  await expect(StagedFolder.begin("store", mounted ?? "")).rejects.toThrow(
    "take one within this file system",
  );
});
