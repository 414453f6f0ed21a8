import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { GROUPS, HELP, readArguments, UsageError } from "./arguments.js";
import { judgeGoals, judgementLines, readGoals } from "./goals.js";
import { describeMachine, machineText } from "./machine.js";
import { checkWritable, writeWhole } from "./outputs.js";
import { createProgress } from "./progress.js";

/** Longer than the compiler's threads ever take with what they have begun. */
const SETTLE_MS = 100;
const INTERRUPTED = 130;

/** Loaded only when asked for: they need the build. */
const BENCHES = {
  kernel: async () => (await import("./kernel.js")).benchKernel,
  round: async () => (await import("./round.js")).benchRound,
  threads: async () => (await import("./threads.js")).benchThreads,
  migration: async () => (await import("./migration.js")).benchMigration,
  predict: async () => (await import("./predict.js")).benchPredict,
  link: async () => (await import("./link.js")).benchLink,
  stream: async () => (await import("./stream.js")).benchStream,
  fleet: async () => (await import("./fleet.js")).benchFleet,
  wasm: async () => (await import("./wasm.js")).benchWasm,
  v86: async () => (await import("./v86.js")).benchV86,
  pc: async () => (await import("./pc.js")).benchPc,
  bundle: async () => (await import("./bundle.js")).benchBundle,
};

/**
 * @typedef {object} Options
 * @property {boolean} small
 * @property {readonly string[] | null} only - Functions of the kernel; null for all.
 * @property {import("./native/load.js").Native | null} native
 * @property {(text: string) => void} onProgress
 *
 * @typedef {object} Measured
 * @property {import("./result.js").Result[]} results
 * @property {Record<string, string>} absent - Why something has no figure; see judgeGoals.
 * @property {string} text - For the terminal.
 */

async function main() {
  const args = readArguments(process.argv.slice(2));
  if (args.help) {
    process.stdout.write(HELP);
    return;
  }
  if (!existsSync(new URL("../dist/node.js", import.meta.url))) {
    throw new UsageError("there is no build: run `npm run build` first, or use `npm run bench`");
  }
  checkWritable(args.files);
  const native = args.native ? await requireNative() : null;
  const head = {
    machine: { ...describeMachine(), ...(native && { compiler: `cc ${native.compiler}` }) },
    date: new Date().toISOString(),
    node: process.version,
  };
  print(machineText(head));
  print(
    `Times are of the CPU (of the wall in the groups threads, link and pc)${args.small ? "; a small run, its figures mean nothing" : ""}; ± is half the spread of the middle half of the rounds' ratios.\n`,
  );
  const { results, absent } = await measure(args, native);
  const goals = readGoals().filter(({ group = "kernel" }) => args.groups.includes(group));
  const judgements = judgeGoals(goals, results, absent);
  print(judgementLines(judgements).join("\n"));
  // Figures that mean nothing must not pass for others.
  const warning = args.small ? { small: true } : {};
  await write(args.files, { ...head, ...warning, results }, judgements);
  if (args.check && judgements.some(({ verdict }) => verdict === "MISSED")) process.exitCode = 1;
}

async function measure({ groups, small, only }, native) {
  const progress = createProgress();
  stopWhenInterrupted(progress);
  const results = [];
  const absent = {};
  for (const group of GROUPS) {
    if (!groups.includes(group)) continue;
    const bench = await BENCHES[group]();
    const onProgress = (text) => progress.show(`${group}: ${text}`);
    const done = await bench({ small, only, native, onProgress });
    progress.clear();
    print(`${done.text}\n`);
    results.push(...done.results);
    Object.assign(absent, done.absent);
  }
  return { results, absent };
}

async function requireNative() {
  const native = (await import("./native/load.js")).loadNative();
  if (native) return native;
  throw new UsageError("the native code is not built: use `npm run bench:native`");
}

/** Nothing is written before the end, and children end with this process. */
function stopWhenInterrupted(progress) {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      progress.clear();
      process.exit(INTERRUPTED);
    });
  }
}

async function write({ json, svg, markdown }, report, judgements) {
  if (json) writeWhole(json, `${JSON.stringify(report, null, 2)}\n`);
  if (svg) writeWhole(svg, (await import("./picture.js")).drawGoals(report, judgements));
  if (markdown) {
    const { tablesOf } = await import("./markdown.js");
    writeWhole(markdown, tablesOf(report, judgements));
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
