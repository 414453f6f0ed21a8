import type { Command } from "commander";
import { InvalidOptionError } from "../errors.js";
import { MOST_THREADS } from "../node.js";

/** The flag about how it is computed, not what. */
export interface ThreadsFlag {
  readonly threads?: string;
}

/** Adds `--threads`, with what they do and how many there are by default. */
export function addThreadsFlag(command: Command, task: string, fallback: string): Command {
  return command
    .optionsGroup("Computing:")
    .option("--threads <COUNT>", `${task}, 1 to ${MOST_THREADS} (default: ${fallback})`);
}

/** What the flag says; undefined where it is not given. */
export function threadsOf({ threads }: ThreadsFlag): number | undefined {
  if (threads === undefined) return undefined;
  const count = Number(threads);
  if (/^\d+$/.test(threads) && count >= 1 && count <= MOST_THREADS) return count;
  throw new InvalidOptionError("--threads", threads, `a whole number, 1 to ${MOST_THREADS}`);
}
