import { isAbsolute, resolve } from "node:path";
import type { Command } from "commander";
import { AbortedError, InvalidOptionError, isGodwitError } from "../errors.js";
import { type OutputFile, outputFile } from "../files/output-file.js";
import {
  hasSoftDirtyBits,
  type Observation,
  observeProcess,
  observeQemu,
  observeTrace,
  type ProbeListener,
  readTraceFolder,
} from "../node.js";
import { areContentsUnknown, curveTable, observationTable } from "../report/observation-text.js";
import { parseCount, parseTime } from "../scenario/quantities.js";
import { toMilliseconds } from "../units.js";
import { flagOf } from "./options.js";
import { printable } from "./printable.js";
import { shareDisplay } from "./progress.js";
import { InterruptedError } from "./session.js";
import { drawTable, drawWithin } from "./tables.js";
import { type CliWorld, EXIT, type ExitCode, widthOf } from "./world.js";

const EXAMPLES = `
Examples:
  $ godwit observe --pid 4711 --for 10s -o vm.json
  $ godwit observe --qmp /run/vm.qmp --for 30s --json
  $ godwit observe trace:recordings/redis

What is measured: D(t), the number of distinct pages that the guest dirties within t; how many pages hold
anything, repeat or compress; how large XBZRLE deltas would be; whether neighbours are dirtied together.

--pid reads the memory of a process (any hypervisor's) some twenty times a second while it runs on: from
50 ms up to the whole time. A page written with the bytes it had does not show; --soft-dirty counts it
too, but slows the process and counts huge pages whole. --qmp asks a QEMU: of a guest that migrates it
follows the passes, of any other QEMU takes samples, 1 s apart or more (50 ms from QEMU 8.2 on). Nothing
is changed in the VM.

Exit codes: 0 done, 1 usage, 3 the process or VM is gone, 70 a bug in godwit, 130 interrupted.`;

interface ObserveFlags {
  readonly pid?: string;
  readonly qmp?: string;
  readonly region?: string;
  readonly for?: string;
  readonly nonzeroPages?: string;
  readonly softDirty?: boolean;
  readonly output?: string;
  readonly json?: boolean;
}

/** `godwit observe`: what a running guest dirties, seen from outside. */
export function addObserveCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  program
    .command("observe")
    .summary("measure what a running guest dirties, from outside")
    .description(
      "Measures what a running guest dirties and what its memory holds, from outside and without changing it.",
    )
    .argument("[trace:DIR]", "a recorded trace instead of something that runs")
    .optionsGroup("What is observed, one of:")
    .option("--pid <PID>", "a process: a hypervisor's, or any other")
    .option("--qmp <SOCK>", "a QEMU, by its monitor: PATH, unix:PATH or tcp:HOST:PORT")
    .optionsGroup("How:")
    .option("--for <TIME>", "how long to watch (default: 10s)")
    .option(
      "--region <ADDR-ADDR>",
      "with --pid: which of its memory, in hexadecimal (default: auto)",
    )
    .option("--soft-dirty", "with --pid: by the kernel's soft-dirty bits, if it has them")
    .option(
      "--nonzero-pages <N>",
      "with --qmp: pages that are not zero (default: counted if possible)",
    )
    .optionsGroup("Results:")
    .option("-o, --output <FILE>", "write the observation, for godwit predict --observation")
    .option("--json", "print the observation as JSON and nothing else")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (trace: string | undefined, flags: ObserveFlags) => {
      exit(await observe(world, trace, flags));
    });
}

async function observe(
  world: CliWorld,
  trace: string | undefined,
  flags: ObserveFlags,
): Promise<ExitCode> {
  const begin = readSubject(world, trace, flags);
  const { output } = flags;
  const file = output === undefined ? null : outputFile("--output", output, world.folder);
  const observation = await watch(world, begin);
  const text = `${JSON.stringify(observation, null, 2)}\n`;
  file?.write(text);
  if (flags.json === true) world.stdout.write(text);
  else show(world, observation, file);
  return EXIT.done;
}

/** Starts an observation. */
type Begin = (onProgress: ProbeListener, signal: AbortSignal) => Promise<Observation>;

/** Understands what is to be observed, before anything is touched. */
function readSubject(world: CliWorld, trace: string | undefined, flags: ObserveFlags): Begin {
  const { pid, qmp } = flags;
  const named = [trace, pid, qmp].filter((one) => one !== undefined);
  if (named.length !== 1) {
    throw new InvalidOptionError(
      "observe",
      named.join(" and ") || "nothing",
      "one of --pid PID, --qmp SOCK and trace:DIR",
    );
  }
  const only = (
    flag: "for" | "region" | "nonzeroPages" | "softDirty",
    allowed: boolean,
    use: string,
  ): void => {
    if (flags[flag] === undefined || allowed) return;
    throw new InvalidOptionError(flagOf(flag), flags[flag], `no such option ${use}`);
  };
  only("for", trace === undefined, "with a trace, which is as long as it is");
  only("region", pid !== undefined, "without --pid");
  only("softDirty", pid !== undefined, "without --pid");
  only("nonzeroPages", qmp !== undefined, "without --qmp");
  if (trace !== undefined) return traceSubject(world, trace);
  const forMs = toMilliseconds(parseTime("--for", flags.for ?? "10s"));
  if (pid !== undefined) {
    const number = parseCount("--pid", pid, 1, 2 ** 31);
    const { region = "auto" } = flags;
    const softDirty = flags.softDirty === true;
    if (softDirty && !hasSoftDirtyBits()) {
      world.stderr.write("godwit: this kernel keeps no soft-dirty bits; digests are compared\n");
    }
    return (onProgress, signal) =>
      observeProcess(number, { region, forMs, softDirty, onProgress, signal });
  }
  const { nonzeroPages } = flags;
  const told =
    nonzeroPages === undefined
      ? {}
      : { nonzeroPages: parseCount("--nonzero-pages", nonzeroPages, 0, 2 ** 32) };
  const address = located(world, qmp ?? "");
  return (onProgress, signal) => observeQemu(address, { ...told, forMs, onProgress, signal });
}

function traceSubject(world: CliWorld, trace: string): Begin {
  const folder = /^trace:(.+)$/.exec(trace)?.[1];
  if (folder === undefined) {
    throw new InvalidOptionError("observe", trace, "trace:DIR, the folder of a recorded trace");
  }
  return async (_, signal) => {
    const recorded = await readTraceFolder(resolve(world.folder, folder));
    if (signal.aborted) throw new AbortedError("interrupted");
    return observeTrace(recorded, trace);
  };
}

/** A socket's bare path starts from the folder of the command. */
function located(world: CliWorld, qmp: string): string {
  const isBare = qmp !== "" && !/^(unix|tcp):/.test(qmp);
  return isBare && !isAbsolute(qmp) ? resolve(world.folder, qmp) : qmp;
}

async function watch(world: CliWorld, begin: Begin): Promise<Observation> {
  const abort = new AbortController();
  const stopListening = world.onInterrupt(() => abort.abort());
  const display = shareDisplay("observe", world.stderr);
  try {
    return await begin(({ phase, share }) => display.update(share, phase), abort.signal);
  } catch (error) {
    if (abort.signal.aborted) {
      throw new InterruptedError("interrupted: nothing was written, the guest runs on", null);
    }
    if (!isGodwitError(error, "InvalidOptionError")) throw error;
    const flag = ["pid", "qmp", "region", "for", "nonzeroPages"].includes(error.option)
      ? flagOf(error.option)
      : error.option;
    throw new InvalidOptionError(flag, error.value, error.expected, { cause: error });
  } finally {
    display.stop();
    stopListening();
  }
}

function show(world: CliWorld, observation: Observation, file: OutputFile | null): void {
  const { stdout } = world;
  stdout.write(`${drawTable(observationTable(observation), [0, 1])}\n`);
  stdout.write(drawWithin(curveTable(observation), [], widthOf(stdout)));
  if (areContentsUnknown(observation.contents)) {
    stdout.write(
      "\nThe monitor does not say how many pages are zero, and QEMU's process cannot be read here:\n" +
        "say --nonzero-pages, or observe its process with --pid on its own machine.\n",
    );
  }
  if (file !== null) stdout.write(`\nwrote ${printable(file.path)}\n`);
}
