import { type Command, Option } from "commander";
import { InvalidOptionError } from "../errors.js";
import { MOST_THREADS } from "../node.js";
import { parseQueueAddress } from "../sweep/queue-address.js";
import { connectQueue } from "../sweep/queue-connection.js";
import { workOnQueue } from "../sweep/queue-worker.js";
import { printable } from "./printable.js";
import { pointsText } from "./sweep-session.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const NOTES = `
Ctrl-C ends it once the points under way are done, twice at once: then others take them.
Files that points name, such as traces, are those below the folder that it is started in.
Whoever can write to the queue decides what is computed here: give it a password.

Example:
  $ godwit worker --queue redis://:secret@10.0.0.5/night-run --concurrency 16`;

interface WorkerFlags {
  readonly queue: string;
  readonly concurrency?: string;
}

/** `godwit worker`: runs points of sweeps that others started. */
export function addWorkerCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  program
    .command("worker")
    .summary("run points of the sweeps in a queue")
    .description("Takes points from a queue of sweeps (godwit sweep --queue) and runs them.")
    .addOption(
      new Option(
        "--queue <URL>",
        "redis://HOST[:PORT][/NAME]; needs the packages bullmq and ioredis",
      ).makeOptionMandatory(),
    )
    .option(
      "--concurrency <COUNT>",
      `points at once, 1 to ${MOST_THREADS} (default: as many as the machine runs)`,
    )
    .addHelpText("after", NOTES)
    .action(async (flags: WorkerFlags) => exit(await work(world, flags)));
}

async function work(world: CliWorld, flags: WorkerFlags): Promise<ExitCode> {
  const address = parseQueueAddress("--queue", flags.queue);
  const concurrency = concurrencyOf(flags, world);
  const say = (text: string): unknown => world.stderr.write(`godwit: ${printable(text)}\n`);
  const connection = await connectQueue("--queue", address, true);
  const abort = new AbortController();
  const stopListening = world.onInterrupt(() => {
    say("done once the points under way are; Ctrl-C again ends it at once");
    abort.abort();
  });
  const pool = world.openPool(concurrency);
  let done = 0;
  let trouble = "";
  try {
    say(`working on ${address.text}, ${pointsText(concurrency)} at a time`);
    await workOnQueue(connection, pool, {
      concurrency,
      // What others sent shares the memory fairly, and stays in this folder.
      place: {
        folder: world.folder,
        isConfined: true,
        memoryBytes: Math.floor(world.memoryBytes / concurrency),
      },
      signal: abort.signal,
      onDone: () => done++,
      onTrouble(text) {
        // A server that is away is told of once, not at every attempt.
        if (text !== trouble) say(text);
        trouble = text;
      },
    });
  } finally {
    await pool.close();
    connection.close();
    stopListening();
  }
  world.stdout.write(`ran ${pointsText(done)}\n`);
  return EXIT.done;
}

function concurrencyOf({ concurrency }: WorkerFlags, world: CliWorld): number {
  if (concurrency === undefined) return Math.min(world.parallelism, MOST_THREADS);
  const count = Number(concurrency);
  if (/^\d+$/.test(concurrency) && count >= 1 && count <= MOST_THREADS) return count;
  throw new InvalidOptionError(
    "--concurrency",
    concurrency,
    `a whole number, 1 to ${MOST_THREADS}`,
  );
}
