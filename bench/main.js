import { existsSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { HELP, readArguments, UsageError } from "./arguments.js";
import { describeMachine } from "./machine.js";
import { createProgress } from "./progress.js";
import { memoryText } from "./text-table.js";

/** Longer than the compiler's threads ever take with what they have begun. */
const SETTLE_MS = 100;

/** Loaded only when asked for: they need the build. */
const GROUPS = {
  kernel: async () => (await import("./kernel.js")).benchKernel,
  round: async () => (await import("./round.js")).benchRound,
  migration: async () => (await import("./migration.js")).benchMigration,
};

async function main() {
  const { groups, small, json, help } = readArguments(process.argv.slice(2));
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  if (!existsSync(new URL("../dist/node.js", import.meta.url))) {
    throw new UsageError("there is no build: run `npm run build` first, or use `npm run bench`");
  }
  // A file that cannot be written is better noticed before the work than after it.
  if (json !== undefined) openJson(json);
  const machine = describeMachine();
  const date = new Date().toISOString();
  const node = process.version;
  const memory = `${memoryText(machine.memoryBytes)} of memory, ${memoryText(machine.freeBytes)} free`;
  print(
    `${machine.cpu}, ${machine.cores} cores, ${memory}, ${machine.system}, Node ${node}, ${date}`,
  );
  print(`Times are of the CPU${small ? "; a small run, its figures mean nothing" : ""}.\n`);
  const results = [];
  const progress = createProgress();
  for (const group of groups) {
    const bench = await GROUPS[group]();
    const done = await bench({ small, onProgress: (text) => progress.show(`${group}: ${text}`) });
    progress.clear();
    print(`${done.text}\n`);
    results.push(...done.results);
  }
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify({ machine, date, node, small, results }, null, 2)}\n`);
  }
}

/** @param {string} path */
function openJson(path) {
  try {
    writeFileSync(path, "");
  } catch (cause) {
    throw new UsageError(`--json: cannot write ${path}: ${cause.message}`, { cause });
  }
}

/** @param {string} text */
function print(text) {
  process.stdout.write(`${text}\n`);
}

try {
  await main();
  // Node may wait forever for compiler threads that are at work when it ends (nodejs/node issue 54918).
  await setTimeout(SETTLE_MS);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
}
