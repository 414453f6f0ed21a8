import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { inspectStream, openStreamFile, type StreamInspection } from "../node.js";
import { absenceNote } from "../report/compact-text.js";
import { inspectionHtml } from "../report/html.js";
import {
  absentPages,
  blockTable,
  COUNTER_NOTE,
  deltaTable,
  deviceTable,
  hasOtherCounters,
  inspectionLine,
  kindTable,
  registerTable,
  repeatTable,
  roundsTable,
} from "../report/inspection-text.js";
import { sentMapSvg } from "../report/sent-map-svg.js";
import type { TextTable } from "../report/text.js";
import { parseSize } from "../scenario/quantities.js";
import { addOutputFlags, type OutputFlags, prepareOutputs } from "./outputs.js";
import { printable } from "./printable.js";
import { drawTable } from "./tables.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const NOTES = `
Give all channels of a migration: the main one, and those of multifd or the second one of a post-copy, in any
order. What "migrate file:PATH" or "exec:cat > PATH" wrote is a main channel. Files packed with gzip are unpacked.

A round ends where the scan over memory starts again; QEMU's dirty-sync-count counts readings of the dirty log.

Examples:
  $ godwit inspect vm.migration
  $ godwit inspect main.bin.gz channel1.bin.gz channel2.bin.gz --html stream.html
  $ godwit inspect vm.migration --json | jq .pages`;

interface InspectFlags extends OutputFlags {
  readonly memoryLimit: string;
}

/** `godwit inspect`: what is in a recorded migration of QEMU. */
export function addInspectCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  const command = program
    .command("inspect")
    .summary("tell what is in a recorded migration stream of QEMU")
    .description(
      "Decodes a migration stream of QEMU: pages by kind, rounds, repeats, what XBZRLE would have saved, devices and registers.",
    )
    .argument("<FILE...>", "the channels of one migration, plain or with gzip")
    .option("--memory-limit <SIZE>", "most memory that the stream may declare", "16GiB");
  addOutputFlags(command)
    .addHelpText("after", NOTES)
    .action(async (files: string[], flags: InspectFlags) => {
      exit(await inspect(world, files, flags));
    });
}

async function inspect(
  world: CliWorld,
  files: readonly string[],
  flags: InspectFlags,
): Promise<ExitCode> {
  const memoryLimit = parseSize("--memory-limit", flags.memoryLimit);
  const paths = files.map((file) => resolve(world.folder, file));
  const outputs = prepareOutputs(flags, world.folder, paths);
  const channels = await Promise.all(
    files.map((file) => openStreamFile("FILE", file, world.folder)),
  );
  const inspection = await inspectStream(channels, { memoryLimit });
  const [first = "", ...others] = files.map((file) => printable(basename(file)));
  const title = others.length === 0 ? first : `${first} and ${others.length} more`;
  outputs.svg?.write(sentMapSvg(inspection.map, { title, subtitle: inspectionLine(inspection) }));
  outputs.html?.write(await inspectionHtml(inspection, title));
  if (flags.json === true) {
    // The picture's cells are for --svg and --html.
    const { map: _, ...facts } = inspection;
    world.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
  } else {
    // Names come from the stream; nothing of it may command the terminal.
    const lines = textOf(inspection).split("\n").map(printable);
    world.stdout.write(lines.join("\n") + outputs.text);
  }
  return EXIT.done;
}

/** The inspection for a terminal. */
function textOf(inspection: StreamInspection): string {
  const tables: (readonly [table: TextTable, left: readonly number[]])[] = [
    [kindTable(inspection), [0]],
    [roundsTable(inspection), [0, 1]],
    [repeatTable(inspection), [0]],
    [deltaTable(inspection), [0]],
    [blockTable(inspection), [0]],
    [deviceTable(inspection), [0, 4]],
    [registerTable(inspection), [0, 1, 2, 3, 4]],
  ];
  const drawn = tables
    .filter(([table]) => table.rows.length > 0)
    .map(([table, left]) => drawTable(table, left));
  const notes = hasOtherCounters(inspection) ? [COUNTER_NOTE] : [];
  const absent = absentPages(inspection);
  if (absent > 0) notes.push(absenceNote(absent));
  const after = notes.map((note) => `\n${note}\n`).join("");
  return `${inspectionLine(inspection)}\n\n${drawn.join("\n")}${after}`;
}
