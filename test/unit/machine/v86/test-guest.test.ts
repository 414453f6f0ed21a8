import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { checksumAt, testGuest } from "../../../../src/machine/v86/test-guest.js";
import {
  TEST_GUEST_COMPILER,
  TEST_GUEST_IMAGE,
} from "../../../../src/machine/v86/test-guest-image.js";
import { BUSY, Pc } from "./pc.js";

const FIRST_PAGE = 0x400000 / 4096;

/** Whether the compiler is here that the committed image was made with. */
function hasCompiler(): boolean {
  try {
    const version = execFileSync("gcc", ["-dumpfullversion"], { encoding: "utf8", stdio: "pipe" });
    execFileSync("gcc", ["-m32", "-ffreestanding", "-fsyntax-only", "-x", "c", "-"], {
      input: "int one(void) { return 1; }",
      stdio: "pipe",
    });
    return version.trim() === TEST_GUEST_COMPILER;
  } catch {
    return false;
  }
}

async function reporting(pc: Pc, count: number): Promise<void> {
  await pc.machine.resume();
  while (pc.progress() < count) await new Promise((resolve) => setTimeout(resolve, 5));
  await pc.machine.pause();
}

describe("the test guest", () => {
  test.skipIf(!hasCompiler())(
    `is what gcc ${TEST_GUEST_COMPILER} makes of its source`,
    async () => {
      const path = new URL("../../../../scripts/build-test-guest.mjs", import.meta.url);
      const { buildTestGuest } = (await import(path.href)) as {
        buildTestGuest(): { image: Buffer };
      };
      expect(buildTestGuest().image.toString("hex")).toBe(TEST_GUEST_IMAGE);
    },
  );

  test("has the checksum that is foretold, whatever it does beside", async () => {
    for (const options of [BUSY, { pages: 7, report: 50 }, { ...BUSY, rest: 5, paging: false }]) {
      const pc = await Pc.boot(options);
      await reporting(pc, 200);
      expect(pc.reports.length).toBeGreaterThan(0);
      for (const { count, checksum, bad } of pc.reports) {
        expect(bad).toBe(0);
        expect(checksum).toBe(checksumAt(count, options));
      }
      pc.machine.destroy();
    }
  });

  test("foretells other checksums for other counts and pages", () => {
    const sums = [10, 11, 12].flatMap((count) =>
      [8, 9].map((pages) => checksumAt(count, { pages })),
    );
    expect(new Set(sums).size).toBe(sums.length);
    expect(checksumAt(0)).toBe(0);
  });

  test("notices one wrong byte within two steps a page", async () => {
    const pages = 32;
    const pc = await Pc.boot({ ...BUSY, pages, report: 8 });
    await reporting(pc, 40);
    expect(pc.isIntact()).toBe(true);
    const { memory } = pc.machine;
    for (const [page, at] of [
      [FIRST_PAGE + 20, 4095],
      [FIRST_PAGE + 3, 0],
    ] as const) {
      pc.printed = "";
      const from = (await step(pc)).count;
      memory.write(page, flip(memory.read(page, page + 1), at));
      await reporting(pc, from + 2 * pages + 8);
      const number = (page - FIRST_PAGE).toString(16).padStart(8, "0");
      expect(pc.printed).toContain(`BAD page ${number}`);
      expect(pc.isIntact()).toBe(false);
    }
    pc.machine.destroy();
  });

  test("answers what is typed", async () => {
    const pc = await Pc.boot(BUSY);
    await reporting(pc, 40);
    await pc.machine.resume();
    pc.machine.sendSerial("hi");
    while (!pc.printed.includes("> i")) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(pc.printed).toMatch(/> h[\s\S]*> i/);
    pc.machine.destroy();
  });

  test("is an image with its options in words", () => {
    const guest = testGuest({ pages: 3, irq: true, exec: false });
    expect(guest).toMatchObject({ commandLine: "pages=3 irq=1 exec=0" });
  });
});

/** Lets the guest come to its next report. */
async function step(pc: Pc): Promise<{ count: number }> {
  const reports = pc.reports.length;
  await pc.machine.resume();
  while (pc.reports.length === reports) await new Promise((resolve) => setTimeout(resolve, 1));
  await pc.machine.pause();
  return { count: pc.progress() };
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}
