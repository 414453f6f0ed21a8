// Debian's packages, installed where this process may.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const APT = "/usr/bin/apt-get";
const TIMEOUT_MS = 10 * 60_000;

/** Whether this is a machine with apt-get, and we its administrator. */
export function mayInstallPackages() {
  return process.getuid?.() === 0 && existsSync(APT);
}

/**
 * Installs packages and says so; answers null, or what went wrong.
 *
 * @param {readonly string[]} packages
 * @param {string} purpose - What they are for, as the end of a sentence.
 */
export function installPackages(packages, purpose) {
  console.log(`Installing ${packages.join(", ")} for ${purpose} ...`);
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    maxBuffer: 2 ** 26,
  };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
    const result = spawnSync(APT, args, options);
    if (result.status === 0) continue;
    return `apt-get ${args.join(" ")} failed:\n${result.stderr || result.error?.message}`;
  }
  return null;
}
