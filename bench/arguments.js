import { parseArgs } from "node:util";

export const GROUPS = [
  "kernel",
  "round",
  "threads",
  "migration",
  "link",
  "stream",
  "predict",
  "fleet",
  "wasm",
  "v86",
  "pc",
  "bundle",
];

export const HELP = `Usage: node bench/main.js [group ...] [options]

Times the kernel's functions, rounds, whole migrations, the reading of QEMU's
streams, predictions, data centres and the barriers of WebAssembly machines in
CPU time, what two threads gain, transfers between two processes and how long
PCs stand still when they move in wall time, and weighs the library for browsers.
Needs a build. A full run takes more than a quarter of an hour.

Groups: ${GROUPS.join(", ")}; all of them if none is named.

Options:
  --native         also native code in C, over the same memory; npm run bench:native compiles it first
  --only NAMES     of the kernel, only these functions (zero-scan,compare), and no other group
  --check          exit with 1 when a goal of bench/goals.json is missed
  --small          everything tiny, in a few seconds: only shows that it works
  --json FILE      write the figures to a file
  --svg FILE       draw those that have a goal beside native code
  --markdown FILE  write them as tables
  --help           print this help

Examples:
  npm run bench                                the kernel beside the scalar build, TypeScript and packages
  npm run bench -- kernel --json kernel.json   the kernel only, also to a file
  npm run bench:native -- --check              all of it beside native code; fails when a goal is missed
  npm run bench -- fleet                       data centres, beside what other simulators were measured at
  npm run bench -- wasm                        what barriers cost WebAssembly modules
  npm run bench -- v86                         what the dirty log of PCs costs
  npm run bench -- pc                          how long PCs stand still when they move, beside v86 itself
  npm run bench -- threads                     what two threads gain; wants a machine that does nothing else
  npm run bench:native -- --only delta-encode  one function beside native code
  npm run bench:native -- kernel --svg docs/kernel.svg --markdown docs/kernel-performance.md

A goal is met, MISSED or not measurable here; the last, such as one beside AVX-512 on a machine without it,
or of two threads on a machine that is too busy to run both, is no failure.
`;

/** A command line that cannot be followed. */
export class UsageError extends Error {}

const FILES = /** @type {const} */ (["json", "svg", "markdown"]);

/**
 * @typedef {object} Arguments
 * @property {string[]} groups
 * @property {string[] | null} only - Functions of the kernel; null for all.
 * @property {boolean} small
 * @property {boolean} native
 * @property {boolean} check
 * @property {boolean} help
 * @property {Partial<Record<(typeof FILES)[number], string>>} files - What to write where.
 */

/**
 * @param {readonly string[]} argv
 * @returns {Arguments}
 */
export function readArguments(argv) {
  const { values, positionals } = parse(argv);
  const unknown = positionals.find((name) => !GROUPS.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`there is no group '${unknown}'; there are ${GROUPS.join(", ")}`);
  }
  const named = FILES.filter((option) => values[option] !== undefined);
  const empty = named.find((option) => values[option] === "");
  if (empty !== undefined) throw new UsageError(`--${empty} needs the name of a file`);
  if (values.only === "") throw new UsageError("--only needs names of functions");
  const only = values.only?.split(",") ?? null;
  const asked = only && positionals.length === 0 ? ["kernel"] : positionals;
  const groups = GROUPS.filter((name) => asked.length === 0 || asked.includes(name));
  const { small, native, check, help } = values;
  const files = Object.fromEntries(named.map((option) => [option, values[option]]));
  return { groups, only, small, native, check, help, files };
}

/** @param {readonly string[]} argv */
function parse(argv) {
  const flag = { type: /** @type {const} */ ("boolean"), default: false };
  const text = { type: /** @type {const} */ ("string") };
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        small: flag,
        native: flag,
        check: flag,
        only: text,
        json: text,
        svg: text,
        markdown: text,
        help: { ...flag, short: "h" },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
