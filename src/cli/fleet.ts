import type { Command } from "commander";
import { InvalidOptionError } from "../errors.js";
import { type OutputFile, outputFile } from "../files/output-file.js";
import { type Foreseen, foreseen } from "../fleet/run/foreseen.js";
import type { FleetRun } from "../fleet/run/result.js";
import { formatCount } from "../quantity-text.js";
import type { Column } from "../report/column.js";
import {
  eventColumns,
  migrationColumns,
  refusalColumns,
  seriesColumns,
  utilisationColumns,
} from "../report/fleet-columns.js";
import { fleetToJson } from "../report/fleet-json.js";
import {
  fleetTable,
  migrationTable,
  reasonLines,
  refusalReasons,
  unfinishedReasons,
} from "../report/fleet-text.js";
import { fleetHtml } from "../report/html.js";
import { tableBytes } from "../report/table.js";
import { controllerNames, type FleetFlags, readFleet } from "./fleet-input.js";
import { fleetOnScreen } from "./fleet-session.js";
import { printable } from "./printable.js";
import { drawTable } from "./tables.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const NOTES = `
A scenario's format is described in docs/fleet-scenario.md; schema/fleet.schema.json is its schema.

Examples:
  $ godwit fleet fixtures/fleet/load-balancing.yaml --html day.html
  $ godwit fleet cluster.yaml --until 6h --controller power-consolidation --json
  $ godwit fleet cluster.yaml --parquet day.parquet
  $ godwit fleet planetlab.yaml --profile cloudsim --controller lr-mmt-1.2

Exit codes: 0 done, 1 usage, 2 a migration did not converge, 70 a bug in godwit, 130 interrupted.`;

/** Longest list of reasons. */
const MOST_REASONS = 12;

/** `godwit fleet`: a data centre through simulated time. */
export function addFleetCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  program
    .command("fleet")
    .summary("simulate a data centre and its controllers")
    .description(
      "Runs a data centre through simulated time: demand changes, VMs come and go, hosts fail, controllers look and act, and every move is a migration over shared links.",
    )
    .argument("<scenario.yaml>", "the data centre, in YAML or JSON")
    .option("--until <TIME>", "how long, such as 24h; instead of the scenario's")
    .option(
      "--controller <NAME...>",
      `who is in charge, instead of the scenario's: ${controllerNames().join(", ")}; with the profile cloudsim a policy such as lr-mmt-1.2`,
    )
    .option("--profile <NAME>", "by whose rules VMs are moved: godwit, simgrid or cloudsim")
    .option("--seed <N>", "for what is left to chance")
    .optionsGroup("Results:")
    .option("--json", "print the result as JSON and nothing else")
    .option(
      "--parquet <FILE>",
      "write migrations as Parquet, and beside it FILE's .events, .refusals, .series (and .utilisation)",
    )
    .option("--html <FILE>", "write the result as one self-contained HTML page")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", NOTES)
    .action(async (file: string, flags: FleetFlags) => exit(await fleet(world, file, flags)));
}

async function fleet(world: CliWorld, file: string, flags: FleetFlags): Promise<ExitCode> {
  const input = await readFleet(file, flags, world.folder);
  const prepare = (option: string, path: string): OutputFile =>
    outputFile(option, path, world.folder, input.inputs);
  const html = flags.html === undefined ? null : prepare("--html", flags.html);
  const tables = flags.parquet === undefined ? null : parquetFiles(flags.parquet, prepare);
  if (html !== null && tables?.some(({ target }) => target === html.target)) {
    throw new InvalidOptionError("--parquet", flags.parquet, "another file than that of --html");
  }
  const expected = input.cloudSimPolicy === null ? foreseen(input.fleet) : [];
  if (flags.json !== true) world.stdout.write(foreseenText(expected));
  const run = await fleetOnScreen(world, input, html !== null);
  html?.write(await fleetHtml(run, input.controllers));
  const written = tables === null ? [] : await writeTables(run, tables);
  if (flags.json === true) {
    world.stdout.write(fleetToJson(run, { controllers: input.controllers, foreseen: expected }));
  } else {
    world.stdout.write(fleetText(run, input.controllers));
    const paths = [...(html === null ? [] : [html.path]), ...written];
    if (paths.length > 0) world.stdout.write(`\nwrote ${paths.map(printable).join(", ")}\n`);
  }
  const isStuck = run.result.migrations.some(({ outcome }) => outcome === "not-converged");
  return isStuck ? EXIT.notConverged : EXIT.done;
}

/** What will not work is said before it is tried. */
function foreseenText(expected: readonly Foreseen[]): string {
  return expected
    .map(({ flavour, vms, because }) =>
      printable(
        `VMs of flavour ${flavour} (${formatCount(vms)}) cannot be moved as they should be: ${because}`,
      ),
    )
    .map((line) => `${line}\n\n`)
    .join("");
}

/** The result for people. */
function fleetText(run: FleetRun, controllers: readonly string[]): string {
  const parts = [drawTable(fleetTable(run, controllers), [0, 1])];
  if (run.result.migrations.length > 0) parts.push(drawTable(migrationTable(run), [0, 1]));
  const reasons = (title: string, lines: readonly string[]): void => {
    if (lines.length > 0) parts.push(`${title}\n${lines.map(printable).join("\n")}\n`);
  };
  reasons("Migrations that did not complete:", reasonLines(unfinishedReasons(run), MOST_REASONS));
  reasons("What controllers could not do:", reasonLines(refusalReasons(run), MOST_REASONS));
  return parts.join("\n");
}

/** The tables of a run, each in a file of its own beside the first. */
const TABLES = ["", ".events", ".refusals", ".series", ".utilisation"] as const;

function parquetFiles(
  path: string,
  prepare: (option: string, path: string) => OutputFile,
): OutputFile[] {
  if (!path.endsWith(".parquet")) {
    throw new InvalidOptionError("--parquet", path, "a file whose name ends in .parquet");
  }
  const stem = path.slice(0, -".parquet".length);
  return TABLES.map((table) => prepare("--parquet", `${stem}${table}.parquet`));
}

async function writeTables(run: FleetRun, files: readonly OutputFile[]): Promise<string[]> {
  const utilisation = run.result.series.utilisation === null ? null : utilisationColumns(run);
  const tables: readonly (Column[] | null)[] = [
    ...[migrationColumns(run), eventColumns(run), refusalColumns(run), seriesColumns(run)],
    utilisation,
  ];
  const written: string[] = [];
  for (const [index, columns] of tables.entries()) {
    const file = files[index];
    if (columns === null || file === undefined) continue;
    file.write(await tableBytes(columns, "parquet"));
    written.push(file.path);
  }
  return written;
}
