import { expect, test } from "vitest";
import { cpioArchive } from "../../../../src/files/linux/cpio.js";

test("an archive is what cpio -H newc writes, with nobody's times and numbers", () => {
  const bytes = Buffer.from("five!");
  const archive = cpioArchive([
    { path: "dev", mode: 0o040755 },
    { path: "dev/console", mode: 0o020600, device: [5, 1] },
    { path: "init", mode: 0o100755, bytes },
  ]);
  const header = (index: number, mode: string, length: string, device: string, name: string) =>
    `070701${index.toString(16).padStart(8, "0")}${mode}${"0".repeat(16)}00000001${"0".repeat(8)}${length}${"0".repeat(16)}${device}${name}${"0".repeat(8)}`;
  const none = "0".repeat(8);
  expect(archive.toString("latin1")).toBe(
    [
      `${header(0, "000041ed", none, none + none, "00000004")}dev\0\0\0`,
      `${header(1, "00002180", none, "0000000500000001", "0000000c")}dev/console\0\0\0`,
      `${header(2, "000081ed", "00000005", none + none, "00000005")}init\0\0`,
      "five!\0\0\0",
      `${header(3, none, none, none + none, "0000000b")}TRAILER!!!\0\0\0\0`,
    ].join(""),
  );
});
