import { parseArgs } from "node:util";

export const GROUPS = ["kernel", "round", "migration"];

export const HELP = `Usage: node bench/main.js [group ...] [options]

Times the kernel's functions, rounds and whole migrations in CPU time. Needs a build.

Groups: ${GROUPS.join(", ")}; all of them if none is named.

Options:
  --small      everything tiny, in a few seconds: only shows that it works
  --json FILE  write the figures to a file, too
  --help       print this help
`;

/** A command line that cannot be followed. */
export class UsageError extends Error {}

/**
 * @param {readonly string[]} argv
 * @returns {{ groups: string[], small: boolean, json: string | undefined, help: boolean }}
 */
export function readArguments(argv) {
  const { values, positionals } = parse(argv);
  const unknown = positionals.find((name) => !GROUPS.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`there is no group '${unknown}'; there are ${GROUPS.join(", ")}`);
  }
  if (values.json === "") throw new UsageError("--json needs the name of a file");
  const groups = GROUPS.filter((name) => positionals.length === 0 || positionals.includes(name));
  return { groups, small: values.small, json: values.json, help: values.help };
}

/** @param {readonly string[]} argv */
function parse(argv) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        small: { type: "boolean", default: false },
        json: { type: "string" },
        help: { type: "boolean", default: false, short: "h" },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
