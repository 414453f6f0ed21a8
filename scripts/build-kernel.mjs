// Compiles assembly/ for engines with 128-bit SIMD, for shared memory, and for engines without SIMD, and
// embeds what the library carries in src/kernel.

import { spawnSync } from "node:child_process";

const ASC = ["node_modules/assemblyscript/bin/asc.js", "--transform", "./scripts/inline-tag.mjs"];

for (const target of ["release", "shared", "scalar"]) run(...ASC, "--target", target);
run("scripts/embed.mjs");

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
