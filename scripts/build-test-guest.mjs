/**
 * Builds the test guest of fixtures/guest and writes it where the library carries it:
 * src/machine/v86/test-guest-image.ts. Any gcc that compiles for 32 bits will do; the file is committed,
 * so nobody needs one. The answer of `buildTestGuest` is the image and the compiler's version.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const FLAGS = [
  "-m32 -O2 -std=gnu11 -ffreestanding -fno-builtin -fno-pic -fno-pie -fno-stack-protector",
  "-fno-asynchronous-unwind-tables -mno-sse -Wall -Wextra -Werror",
  "-nostdlib -static -no-pie -Wl,--build-id=none -Wl,--no-warn-rwx-segments",
]
  .join(" ")
  .split(" ");

const folder = fileURLToPath(new URL("../fixtures/guest/", import.meta.url));

export function buildTestGuest() {
  const scratch = mkdtempSync(join(tmpdir(), "godwit-guest-"));
  try {
    const [elf, image] = [join(scratch, "guest.elf"), join(scratch, "guest.bin")];
    const run = (program, args) =>
      execFileSync(program, args, { cwd: folder, encoding: "utf8", stdio: "pipe" });
    run("gcc", [...FLAGS, "-T", "guest.ld", "-o", elf, "start.S", "guest.c"]);
    run("objcopy", ["-O", "binary", elf, image]);
    return { image: readFileSync(image), compiler: run("gcc", ["-dumpfullversion"]).trim() };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { image, compiler } = buildTestGuest();
  const text = [
    "/** The test guest of fixtures/guest, as scripts/build-test-guest.mjs writes it; hexadecimal. */",
    `export const TEST_GUEST_IMAGE: string =\n  "${image.toString("hex")}";`,
    `/** What it was built with; another gcc may give other bytes. */\nexport const TEST_GUEST_COMPILER: string = "${compiler}";\n`,
  ].join("\n\n");
  writeFileSync(new URL("../src/machine/v86/test-guest-image.ts", import.meta.url), text);
}
