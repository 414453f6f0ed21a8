import { dirname, resolve } from "node:path";
import { type Command, Option } from "commander";
import { InvalidOptionError, isGodwitError } from "../errors.js";
import { type OutputFile, outputFile } from "../files/output-file.js";
import { packageVersion } from "../files/package-version.js";
import { readYamlFile } from "../files/scenario-files.js";
import { csvText, jsonText, TABLE_FORMATS, tableBytes, tableFormatOf } from "../report/table.js";
import { type Journal, openJournal } from "../sweep/journal.js";
import type { PointResult } from "../sweep/point.js";
import { parseQueueAddress } from "../sweep/queue-address.js";
import { errorOf, resultColumns } from "../sweep/results.js";
import { refuseHopeless } from "../sweep/run-sweep.js";
import { readSweepDocument, type SweepDocument } from "../sweep/sweep-document.js";
import { printable } from "./printable.js";
import { pointsText, runByQueue, runHere } from "./sweep-session.js";
import { addThreadsFlag, type ThreadsFlag, threadsOf } from "./threads.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const NOTES = `
A sweep's file, in YAML or JSON:
  run: simulate                 # or predict, fleet
  base: { memory: 4GiB, workload: "hot-set:wss=256MiB,rate=20k/s" }
  vary:
    bandwidth: { from: 1Gbit/s, to: 10Gbit/s, steps: 4 }
    strategy: [pre-copy, post-copy, hybrid]
  repeat: 10
A data centre's, whose points start from a scenario of godwit fleet:
  run: fleet
  base: { scenario: cluster.yaml, vms.0.count: 800 }
  vary: { controllers.0.above: [5%, 10%, 20%], network.oversubscription: [1, 4] }
A point that cannot be run is a row with its error. Without -o the rows are printed as CSV.

Examples:
  $ godwit sweep sweep.yaml -o results.parquet
  $ godwit sweep sweep.yaml -o results.parquet --queue redis://10.0.0.5
  $ godwit sweep fixtures/fleet/threshold-sweep.yaml -o thresholds.csv
  $ godwit query results.parquet "SELECT strategy, avg(downtimeMs) FROM results GROUP BY strategy"`;

type SweepFlags = ThreadsFlag & {
  readonly output?: string;
  readonly json?: boolean;
  readonly queue?: string;
  readonly resume?: boolean;
};

/** `godwit sweep`: every point of a space of experiments. */
export function addSweepCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  const command = program
    .command("sweep")
    .summary("run a space of experiments into one table")
    .description(
      "Runs every combination of the values that fields take, side by side, into one table with a row for each.",
    )
    .argument("<sweep.yaml>", "what stays the same and what varies, in YAML or JSON")
    .optionsGroup("Results:")
    .option("-o, --output <FILE>", `write the rows to a file: .${TABLE_FORMATS.join(", .")}`)
    .option("--json", "print the rows as JSON and nothing else")
    .option("--resume", "keep what is done beside the output until all is, and go on from there");
  addThreadsFlag(command, "points at once; the rows are the same", "as many as the machine runs")
    .addOption(
      new Option(
        "--queue <URL>",
        "share the points out to workers (godwit worker): redis://HOST[:PORT][/NAME]",
      ),
    )
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", NOTES)
    .action(async (file: string, flags: SweepFlags) => exit(await sweep(world, file, flags)));
}

async function sweep(world: CliWorld, file: string, flags: SweepFlags): Promise<ExitCode> {
  const threads = threadsOf(flags);
  const path = resolve(world.folder, file);
  const inputs = [path];
  const document = await readDocument(path, file, inputs);
  const output = flags.output === undefined ? null : prepare(flags.output, world.folder, inputs);
  const place = { folder: dirname(path), isConfined: false, memoryBytes: world.memoryBytes };
  const nameOf = (field: string): string => `${document.sweep.placeOf(field)} in ${file}`;
  refuseWith(nameOf, () => refuseHopeless(document.sweep, { ...place, nameOf }));
  const queue = flags.queue === undefined ? null : parseQueueAddress("--queue", flags.queue);
  if (queue !== null && threads !== undefined) {
    throw new InvalidOptionError(
      "--threads",
      threads,
      "no such option with --queue, but to workers",
    );
  }
  const journal = flags.resume && queue === null ? journalOf(output, document) : null;
  const { results, forget } =
    queue === null
      ? await runHere(world, document, place, threads, journal)
      : await runByQueue(world, document, queue);
  const columns = resultColumns(document.sweep, results);
  const format = output === null ? null : tableFormatOf(output.path);
  if (output !== null && format !== null) {
    output.write(await tableBytes(columns, format));
  }
  await forget();
  if (flags.json) world.stdout.write(jsonText(columns));
  else if (output === null) world.stdout.write(csvText(columns));
  else world.stdout.write(`wrote ${printable(output.path)}: ${pointsText(results.length)}\n`);
  return tellErrors(world, results);
}

/** Reads the file, and those that its points name; `inputs` learns of them. */
async function readDocument(path: string, file: string, inputs: string[]): Promise<SweepDocument> {
  const value = await readYamlFile("sweep", path, file);
  const nameOf = (option: string): string =>
    option === "" || option === "sweep" ? file : `${option} in ${file}`;
  try {
    return await readSweepDocument(value, packageVersion(), (field, named) => {
      const located = resolve(dirname(path), named);
      inputs.push(located);
      return readYamlFile(field, located, named);
    });
  } catch (error) {
    throw renamed(error, nameOf);
  }
}

function refuseWith(nameOf: (field: string) => string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw renamed(error, (option) => (option.includes(" in ") ? option : nameOf(option)));
  }
}

function renamed(error: unknown, nameOf: (option: string) => string): unknown {
  if (!isGodwitError(error, "InvalidOptionError")) return error;
  const { option, value, expected } = error;
  return new InvalidOptionError(nameOf(option), value, expected, { cause: error });
}

function prepare(path: string, folder: string, inputs: readonly string[]): OutputFile {
  if (tableFormatOf(path) === null) {
    const expected = `a file whose name ends with .${TABLE_FORMATS.join(", .")}`;
    throw new InvalidOptionError("--output", path, expected);
  }
  return outputFile("--output", path, folder, inputs);
}

function journalOf(output: OutputFile | null, document: SweepDocument): Journal {
  if (output !== null) return openJournal("--resume", `${output.target}.resume`, document);
  throw new InvalidOptionError("--resume", true, "--output, beside which it keeps what is done");
}

/** Says how many points have an error; one of ours is for the exit code too. */
function tellErrors(world: CliWorld, results: readonly PointResult[]): ExitCode {
  const errors = results.map(errorOf).filter((error) => error !== null);
  if (errors.length === 0) return EXIT.done;
  const count = `${errors.length} of ${results.length} points have an error`;
  world.stderr.write(`godwit: ${printable(`${count}, the first: ${errors[0]}`)}\n`);
  return results.some((result) => "bug" in result) ? EXIT.bug : EXIT.done;
}
