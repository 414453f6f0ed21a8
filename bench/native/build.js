// Compiles the references in C to build/native/, with the machine's own compiler and Debian's headers.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { installPackages, mayInstallPackages } from "../../scripts/debian-packages.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const FOLDER = join(HERE, "../../build/native");

/** What JavaScript loads. */
export const ADDON = join(FOLDER, "references.node");

const COMPILER = "cc";
const FLAGS = ["-O2", "-std=gnu11", "-fPIC", "-Wall", "-Wextra", "-Werror"];
const UNITS = ["addon", "page-scan", "page-delta", "bitmap", "dirty-set", "limits", "lz4"];

/** The unit that is compiled once for each instruction set. */
const XXH3 =
  process.arch === "x64"
    ? [
        xxh3Unit("base", "Sse2", '"sse2"', ["-msse2"]),
        xxh3Unit("avx2", "Avx2", '"avx2"', ["-mavx2"]),
        xxh3Unit("avx512", "Avx512", '"avx512"', ["-mavx512f"]),
      ]
    : [xxh3Unit("base", "", "NULL", [])];

const HEADERS = { "stdlib.h": "libc6-dev", "xxhash.h": "libxxhash-dev", "lz4.h": "liblz4-dev" };

/**
 * Builds the addon. Answers null when it lies at {@link ADDON}, or why it does not.
 *
 * @returns {string | null}
 */
export function buildNative() {
  let missing = missingPackages();
  if (missing.length > 0 && mayInstallPackages()) {
    const problem = installPackages(missing, "the native benchmarks");
    if (problem !== null) return problem;
    missing = missingPackages();
  }
  if (missing.length > 0) {
    return `the native references need Debian's ${missing.join(", ")} or the like: install with apt-get install ${missing.join(" ")}`;
  }
  return compileAll();
}

/** Packages without which nothing can be compiled. */
function missingPackages() {
  if (run(["--version"]) !== null) return ["gcc", ...Object.values(HEADERS)];
  return Object.entries(HEADERS).flatMap(([header, name]) => {
    const source = `#include <${header}>\n`;
    return run(["-E", "-x", "c", "-o", "/dev/null", "-"], source) === null ? [] : [name];
  });
}

/** In a folder of its own, so that whoever loads the addon meanwhile finds a whole one. */
function compileAll() {
  const { include_dir: include } = createRequire(import.meta.url)("node-api-headers");
  mkdirSync(FOLDER, { recursive: true });
  const folder = mkdtempSync(join(FOLDER, "build-"));
  try {
    const units = [...UNITS.map((name) => ({ name, source: name, flags: [] })), ...XXH3];
    for (const { name, source, flags } of units) {
      const files = [join(HERE, `${source}.c`), "-o", join(folder, `${name}.o`)];
      const problem = run(["-c", ...FLAGS, `-I${include}`, ...flags, ...files]);
      if (problem !== null) return problem;
    }
    const built = join(folder, "references.node");
    const objects = units.map(({ name }) => join(folder, `${name}.o`));
    const late = process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : [];
    const problem = run(["-shared", ...late, "-o", built, ...objects, "-llz4"]);
    if (problem === null) renameSync(built, ADDON);
    return problem;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Calls the compiler; null when it succeeds, or what it says. */
function run(args, input = "") {
  const result = spawnSync(COMPILER, args, { input, encoding: "utf8" });
  if (result.status === 0) return null;
  return `${COMPILER} ${args.join(" ")} failed:\n${result.stderr || result.error?.message}`;
}

function xxh3Unit(set, suffix, feature, options) {
  const macros = [`-DSET=${set}`, `-DSUFFIX="${suffix}"`, `-DFEATURE=${feature}`];
  return { name: `xxh3-${set}`, source: "xxh3", flags: [...options, ...macros] };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const problem = buildNative();
  if (problem !== null) {
    console.error(`bench: ${problem}`);
    process.exitCode = 1;
  }
}
