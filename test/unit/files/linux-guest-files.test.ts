import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { linuxGuestFiles, linuxGuestProblem } from "../../../src/files/linux-guest-files.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "godwit-linux-"));
  vi.stubEnv("GODWIT_LINUX_GUEST", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test("a folder that is named is used", async () => {
  writeFileSync(join(folder, "vmlinux"), "kernel");
  writeFileSync(join(folder, "initramfs"), "files");
  expect(linuxGuestProblem()).toBeNull();
  const { vmlinux, initramfs } = await linuxGuestFiles();
  expect([vmlinux, initramfs].map(String)).toEqual(["kernel", "files"]);
});

test("what it lacks is said", async () => {
  writeFileSync(join(folder, "vmlinux"), "kernel");
  const what = /GODWIT_LINUX_GUEST.*vmlinux.*initramfs/;
  expect(linuxGuestProblem()).toMatch(what);
  await expect(linuxGuestFiles()).rejects.toThrow(what);
});
