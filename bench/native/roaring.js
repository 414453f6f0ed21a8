// The package roaring is native code, which its install script downloads or compiles. It is compiled here,
// apart from the project's own packages, where Node's headers lie beside Node; elsewhere the benchmarks say
// that it is missing.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const PACKAGE = "roaring@2.7.0";
const TIMEOUT_MS = 5 * 60_000;

/** Where it is installed. */
export const ROARING_FOLDER = fileURLToPath(new URL("../../build/peers", import.meta.url));

/** Installs and compiles the package, unless it is there; answers null, or why it is not. */
export function buildRoaring() {
  const folder = join(ROARING_FOLDER, "node_modules/roaring");
  if (existsSync(join(folder, "native"))) return null;
  const prefix = dirname(dirname(process.execPath));
  if (!existsSync(join(prefix, "include/node/node.h"))) {
    return `no headers of Node in ${join(prefix, "include/node")}`;
  }
  console.log("Compiling the package roaring ...");
  mkdirSync(ROARING_FOLDER, { recursive: true });
  writeFileSync(join(ROARING_FOLDER, "package.json"), '{ "private": true }\n');
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE];
  return (
    run(npm, install, ROARING_FOLDER) ??
    run(process.execPath, ["node-pre-gyp.js", "rebuild", `--nodedir=${prefix}`], folder)
  );
}

function run(command, args, cwd) {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", timeout: TIMEOUT_MS });
  if (result.status === 0) return null;
  const said = (result.stderr || result.error?.message || "").trim().split("\n").slice(-5);
  return `${command} ${args[0]} failed:\n${said.join("\n")}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const problem = buildRoaring();
  if (problem !== null) console.error(`bench: the peer roaring will be missing: ${problem}`);
}
