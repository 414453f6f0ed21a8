// What `npm test` runs, from a fresh clone on a bare machine: set-up, build, lint, and every test in
// Node, in Chromium, with real machines, beside real QEMUs and over a real Redis server. The last line it prints is the count. Arguments go to vitest.

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { installPackages, mayInstallPackages } from "./debian-packages.mjs";
import { setUp } from "./setup.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const CHROMIUM = process.env.GODWIT_CHROMIUM ?? "/usr/bin/chromium";
const QEMU = process.env.GODWIT_QEMU ?? "qemu-system-x86_64";
const REDIS = process.env.GODWIT_REDIS_SERVER ?? "redis-server";
const IS_CI = /^(1|true)$/i.test(process.env.CI ?? "");

const count = { passed: 0, failed: 0, skipped: 0 };

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: ROOT, stdio: "inherit", ...options }).status === 0;
}

function runNode(script, ...args) {
  return run(process.execPath, [script, ...args]);
}

function runNpm(...args) {
  const npm = process.env.npm_execpath;
  return npm?.endsWith(".js")
    ? runNode(npm, ...args)
    : run("npm", args, { shell: process.platform === "win32" });
}

function fail(problem) {
  console.error(problem);
  count.failed++;
}

function build() {
  const hasChartLibrary = existsSync(join(ROOT, "scripts/embed-uplot.mjs"));
  if (hasChartLibrary && !runNode("scripts/embed-uplot.mjs")) return false;
  return runNpm("run", "--silent", "build");
}

/** A lint error is one failure more; the tests still run. */
function lint() {
  const isClean = runNode("node_modules/@biomejs/biome/bin/biome", "check");
  if (!isClean) fail("FAILED: lint (npx biome check)");
}

function hasChromium() {
  try {
    accessSync(CHROMIUM, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isProgram(name) {
  return spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0;
}

/** What the tests need beside Node: where Debian has it, and how else it is found. */
const NEEDS = [
  {
    project: "browser",
    isThere: hasChromium,
    package: "chromium",
    variable: "GODWIT_CHROMIUM",
    reason: `no Chromium at ${CHROMIUM}: install it, or name one in GODWIT_CHROMIUM`,
  },
  {
    project: "qemu",
    isThere: () => isProgram(QEMU),
    package: "qemu-system-x86",
    variable: "GODWIT_QEMU",
    reason: `no ${QEMU}: install QEMU, or name it in GODWIT_QEMU`,
  },
  {
    project: "redis",
    isThere: () => isProgram(REDIS),
    package: "redis-server",
    variable: "GODWIT_REDIS_SERVER",
    reason: `no ${REDIS}: install Redis, or name its server in GODWIT_REDIS_SERVER`,
  },
];

/** Debian's packages, installed where this process may; never where a variable names something else. */
function installMissing() {
  if (!mayInstallPackages()) return;
  for (const need of NEEDS) {
    if (process.env[need.variable] !== undefined || need.isThere()) continue;
    const problem = installPackages([need.package], `the tests of project ${need.project}`);
    if (problem !== null) console.error(problem);
  }
}

/** The projects that can run here; one that cannot is a skip, in CI a failure. */
function projects() {
  installMissing();
  const here = ["pure", "node", "machines", "hosts"];
  for (const { project, isThere, reason } of NEEDS) {
    if (isThere()) {
      here.push(project);
    } else if (IS_CI) {
      fail(`FAILED: project ${project} (${reason})`);
    } else {
      console.error(`SKIPPED: project ${project} (${reason})`);
      count.skipped++;
    }
  }
  return here;
}

/** Fetches the Linux guest of the machines' tests, which skip what needs it where it cannot be had. */
function fetchLinuxGuest() {
  if (runNode("scripts/linux-guest.mjs")) return;
  if (IS_CI) fail("FAILED: no Linux guest; see above");
}

/** Runs the tests; adds to the count what vitest's report says. */
function test(names) {
  const folder = mkdtempSync(join(tmpdir(), "godwit-test-"));
  const report = join(folder, "report.json");
  try {
    const isGood = runNode(
      "node_modules/vitest/vitest.mjs",
      "run",
      ...names.flatMap((name) => ["--project", name]),
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    );
    const failedBefore = count.failed;
    if (existsSync(report)) countReport(JSON.parse(readFileSync(report, "utf8")));
    // An error outside every test, or no report at all, must not pass for success.
    if (!isGood && count.failed === failedBefore) fail("FAILED: vitest; see above");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function countReport({ testResults }) {
  for (const { name, status, assertionResults } of testResults) {
    const file = relative(ROOT, name);
    const before = count.failed;
    for (const { status: outcome, fullName } of assertionResults) {
      if (outcome === "passed") {
        count.passed++;
      } else if (outcome === "failed") {
        count.failed++;
      } else {
        count.skipped++;
        console.log(`SKIPPED: ${file}: ${fullName.trim()}`);
      }
    }
    // A file that fails while it loads has no tests to count.
    if (status === "failed" && count.failed === before) fail(`FAILED: ${file}`);
  }
}

function main() {
  const problem = setUp();
  if (problem !== null) return fail(problem);
  if (!build()) return fail("FAILED: the build");
  lint();
  fetchLinuxGuest();
  test(projects());
}

main();
const { passed, failed, skipped } = count;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;
