import type { Command } from "commander";
import { InvalidOptionError } from "../errors.js";
import { type OutputFile, outputFile } from "../files/output-file.js";
import { printable } from "./printable.js";

/** Flags about the results rather than the experiment. */
export interface OutputFlags {
  readonly json?: boolean;
  readonly svg?: string;
  readonly html?: string | false;
}

/** Adds `--json`, `--svg` and `--html`. */
export function addOutputFlags(command: Command): Command {
  return command
    .optionsGroup("Results:")
    .option("--json", "print the report as JSON and nothing else")
    .option("--svg <FILE>", "write the page x time map as an SVG picture")
    .option("--html <FILE>", "write the report as one self-contained HTML page")
    .helpOption("-h, --help", "print this help");
}

/** The files that a command will write. */
export interface Outputs {
  readonly svg: OutputFile | null;
  readonly html: OutputFile | null;
  /** Whether any was asked for. */
  readonly any: boolean;
  /** What to tell once they are written; empty when there are none. */
  readonly text: string;
}

/** Checks the files that are asked for, before any work; none may be another one or one of the `inputs`. */
export function prepareOutputs(
  flags: OutputFlags,
  folder: string,
  inputs: readonly string[],
): Outputs {
  const prepare = (option: string, path: string | false | undefined): OutputFile | null =>
    typeof path === "string" ? outputFile(option, path, folder, inputs) : null;
  const svg = prepare("--svg", flags.svg);
  const html = prepare("--html", flags.html);
  if (svg !== null && svg.target === html?.target) {
    throw new InvalidOptionError("--html", html.path, "another file than that of --svg");
  }
  const paths = [svg, html].flatMap((file) => (file === null ? [] : [printable(file.path)]));
  const any = paths.length > 0;
  return { svg, html, any, text: any ? `\nwrote ${paths.join(" and ")}\n` : "" };
}
