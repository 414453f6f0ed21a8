// Runs a fuzz program: so many cases, each with random numbers of its own, until one fails. Needs a build.

import { parseArgs } from "node:util";
import { Random } from "../../dist/world/random.js";

const PROGRESS_EVERY = 1000;

/** What a case throws when it does not hold; `inputs` are printed in hexadecimal. */
export class CaseFailure extends Error {
  constructor(message, inputs = {}) {
    super(message);
    this.inputs = inputs;
  }
}

/** Whether all cases held. `--seed N --first K --cases 1` repeats case K of a run alone. */
export function runCases(name, runCase, options = {}) {
  const run = openRun(name, options);
  for (const number of run?.numbers() ?? []) {
    try {
      runCase(run.randomOf(number));
    } catch (error) {
      return run.fail(number, error);
    }
  }
  return run?.succeed() ?? false;
}

/** As {@link runCases}, for cases that answer a promise. */
export async function runCasesInTurn(name, runCase, options = {}) {
  const run = openRun(name, options);
  for (const number of run?.numbers() ?? []) {
    try {
      await runCase(run.randomOf(number));
    } catch (error) {
      return run.fail(number, error);
    }
  }
  return run?.succeed() ?? false;
}

/** What the two ways to run have in common; null where the arguments are wrong. */
function openRun(name, { argv = process.argv.slice(2), print = console.log }) {
  const options = readArguments(argv);
  if (typeof options === "string") {
    print(
      `${name}: ${options}\nUsage: node scripts/fuzz/${name}.mjs [--cases N] [--seed N] [--first N]`,
    );
    return null;
  }
  const { cases, seed, first } = options;
  print(`${name}: ${cases} cases, seed ${seed}`);
  const random = new Random(seed);
  return {
    *numbers() {
      for (let number = first; number < first + cases; number++) {
        yield number;
        if ((number + 1) % PROGRESS_EVERY === 0)
          showProgress(`${name}: ${number + 1 - first} of ${cases}`);
      }
    },
    randomOf: (number) => random.fork(`case/${number}`),
    fail(number, error) {
      showProgress("");
      print(describe(name, seed, number, error));
      return false;
    },
    succeed() {
      showProgress("");
      print(`${name}: ${cases} cases held`);
      return true;
    },
  };
}

/** The options, or what is wrong with them. */
function readArguments(argv) {
  const text = { type: "string" };
  try {
    const { values } = parseArgs({ args: argv, options: { cases: text, seed: text, first: text } });
    const options = {
      cases: Number(values.cases ?? 1_000_000),
      seed: Number(values.seed ?? Date.now() % 2 ** 32),
      first: Number(values.first ?? 0),
    };
    const wrong = Object.keys(options).find(
      (key) => !(options[key] >= 0 && options[key] < 2 ** 32 && Number.isInteger(options[key])),
    );
    return wrong === undefined ? options : `--${wrong} takes a whole number below 2^32`;
  } catch (error) {
    return error.message;
  }
}

function describe(name, seed, number, error) {
  const inputs = Object.entries(error.inputs ?? {}).map(
    ([key, value]) =>
      `  ${key}: ${value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value}`,
  );
  return [
    `${name}: FAILED at case ${number}: ${error instanceof CaseFailure ? error.message : error.stack}`,
    ...inputs,
    `again: node scripts/fuzz/${name}.mjs --seed ${seed} --first ${number} --cases 1`,
  ].join("\n");
}

function showProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}
