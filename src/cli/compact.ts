import { resolve } from "node:path";
import type { Command } from "commander";
import { InvalidOptionError, isGodwitError } from "../errors.js";
import { outputFile, type StagedFile } from "../files/output-file.js";
import { type CompactReport, compactStream, openStreamFile, verifyStream } from "../node.js";
import { compactLine, compactNotes, compactTable } from "../report/compact-text.js";
import { parseSize } from "../scenario/quantities.js";
import { printable } from "./printable.js";
import { breather, InterruptedError } from "./session.js";
import { drawTable } from "./tables.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const NOTES = `
IN is what a migration of any kind left: "migrate file:PATH" or "exec:cat > PATH", or all channels of multifd or
post-copy, in any order, plain or with gzip. OUT is one plain stream, for a machine of the same type, memory and
devices, without capabilities:  qemu-system-x86_64 ... -incoming "exec:cat OUT"

It takes as much memory as the guest has that is not zero. OUT is replaced once it is whole.

Examples:
  $ godwit compact vm.migration small.migration
  $ godwit compact main.bin channel1.bin channel2.bin plain.migration
  $ godwit compact --keep-rounds --xbzrle-cache 16MiB vm.migration deltas.migration`;

interface CompactFlags {
  readonly json?: boolean;
  readonly verify: boolean;
  readonly keepRounds?: boolean;
  readonly xbzrleCache?: string;
  readonly memoryLimit: string;
}

/** `godwit compact`: a recorded migration of QEMU as one plain stream. */
export function addCompactCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  program
    .command("compact")
    .usage("[options] <IN...> <OUT>")
    .summary("write a recorded migration of QEMU anew: plain, each page once")
    .description(
      "Converts a recorded migration of QEMU, of whatever kind, into one plain stream with each page once, which QEMU loads.",
    )
    .argument("<IN...>", "the channels of one migration, and behind them OUT, the file to write")
    .option("--keep-rounds", "keep every version of every page, as XBZRLE deltas where it pays")
    .option("--xbzrle-cache <SIZE>", "cache for the deltas, a power of two (default: 64MiB)")
    .option("--memory-limit <SIZE>", "most memory that the stream may declare", "16GiB")
    .option("--no-verify", "do not read what was written and compare it")
    .option("--json", "print the report as JSON and nothing else")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", NOTES)
    .action(async (files: string[], flags: CompactFlags) => {
      exit(await compactCommand(world, files, flags));
    });
}

async function compactCommand(
  world: CliWorld,
  files: readonly string[],
  flags: CompactFlags,
): Promise<ExitCode> {
  const inputs = files.slice(0, -1);
  const out = files.at(-1);
  if (out === undefined || inputs.length === 0) {
    throw new InvalidOptionError("OUT", "", "a file to write behind those to read");
  }
  const settings = settingsOf(flags);
  const paths = inputs.map((file) => resolve(world.folder, file));
  const output = outputFile("OUT", out, world.folder, paths);
  const abort = new AbortController();
  const stopListening = world.onInterrupt(() => abort.abort());
  const breathe = breather();
  let staged: StagedFile | null = null;
  try {
    const channels = await Promise.all(
      inputs.map((file) => openStreamFile("IN", file, world.folder)),
    );
    staged = output.begin();
    const options = { ...settings, signal: abort.signal, onProgress: () => breathe() };
    const report = await compactStream(channels, staged.write, options);
    if (flags.verify) await verify(staged, report, options);
    abort.signal.throwIfAborted();
    staged.commit();
    show(world, report, flags, out);
    return EXIT.done;
  } catch (error) {
    if (abort.signal.aborted) throw new InterruptedError("interrupted; nothing was written", null);
    throw asWritten(error, flags);
  } finally {
    staged?.discard();
    stopListening();
  }
}

/** An error of the library about an option, naming it as the caller wrote it. */
function asWritten(error: unknown, { xbzrleCache }: CompactFlags): unknown {
  if (!isGodwitError(error, "InvalidOptionError")) return error;
  const { option, value, expected } = error;
  if (option === "channels") return new InvalidOptionError("IN", value, expected);
  if (option !== "xbzrleCache") return error;
  return new InvalidOptionError("--xbzrle-cache", xbzrleCache ?? value, expected);
}

function settingsOf(flags: CompactFlags) {
  if (flags.xbzrleCache !== undefined && flags.keepRounds !== true) {
    throw new InvalidOptionError(
      "--xbzrle-cache",
      flags.xbzrleCache,
      "--keep-rounds beside it: deltas are of pages that come again",
    );
  }
  return {
    memoryLimit: parseSize("--memory-limit", flags.memoryLimit),
    xbzrleCache:
      flags.keepRounds === true
        ? parseSize("--xbzrle-cache", flags.xbzrleCache ?? "64MiB")
        : undefined,
  };
}

/** Reads what was written; whatever is wrong with it is not the caller's doing. */
async function verify(
  staged: StagedFile,
  report: CompactReport,
  options: { readonly memoryLimit: number; readonly signal: AbortSignal },
): Promise<void> {
  const written = await openStreamFile("OUT", staged.path, "/");
  await verifyStream([written], report.fingerprint, options);
}

function show(world: CliWorld, report: CompactReport, flags: CompactFlags, out: string): void {
  if (flags.json === true) {
    const { fingerprint: _, ...facts } = report;
    const savedShare = 1 - report.bytesAfter / report.bytesBefore;
    const whole = { ...facts, savedShare, isVerified: flags.verify };
    world.stdout.write(`${JSON.stringify(whole, null, 2)}\n`);
    return;
  }
  const verified = flags.verify ? ", read again and compared" : "";
  const lines = [
    compactLine(report),
    "",
    ...drawTable(compactTable(report), [0]).split("\n"),
    ...compactNotes(report),
    `wrote ${out}${verified}`,
  ];
  world.stdout.write(`${lines.map(printable).join("\n")}\n`);
}
