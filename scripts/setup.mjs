// Installs what the project needs, when it is missing or package.json or package-lock.json has changed.
// Uses nothing but Node, and says nothing unless it fails.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const STAMP = join(ROOT, "node_modules", ".godwit-setup");
const OLDEST_NODE = [20, 19];

/** What a finished installation was made from: a change of any part makes it stale. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const name of ["package.json", "package-lock.json"]) {
    hash.update(readFileSync(join(ROOT, name)));
  }
  return `${hash.digest("hex")} ${process.platform} ${process.arch}\n`;
}

function isInstalled() {
  try {
    return readFileSync(STAMP, "utf8") === fingerprint();
  } catch {
    return false;
  }
}

function isNodeNewEnough() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

/** Answers null when all is in place, or what went wrong. */
export function setUp() {
  if (!isNodeNewEnough()) {
    const needed = OLDEST_NODE.join(".");
    return `godwit needs Node ${needed} or newer; this is Node ${process.versions.node}.`;
  }
  if (isInstalled()) return null;
  // The npm that runs this script, or the one on the PATH.
  const npm = process.env.npm_execpath;
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const options = { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 26 };
  const result = npm?.endsWith(".js")
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
  if (result.status !== 0) {
    const output = [result.error?.message, result.stdout, result.stderr].filter(Boolean);
    return `npm ci failed:\n${output.join("\n")}`;
  }
  writeFileSync(STAMP, fingerprint());
  return null;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const problem = setUp();
  if (problem !== null) {
    console.error(problem);
    process.exitCode = 1;
  }
}
