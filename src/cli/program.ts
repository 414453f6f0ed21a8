import { Command, CommanderError } from "commander";
import { isGodwitError } from "../errors.js";
import { packageVersion } from "../files/package-version.js";
import { printable } from "./printable.js";
import { InterruptedError } from "./session.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

/** Adds a command to the program. */
type AddCommand = (program: Command, world: CliWorld, exit: (code: ExitCode) => void) => void;

/** Commands in the order of the help. Each is loaded when it is wanted: nobody waits for what the others need. */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ["run", async () => (await import("./run.js")).addRunCommand],
  ["compare", async () => (await import("./compare.js")).addCompareCommand],
  ["demo", async () => (await import("./demo.js")).addDemoCommand],
  ["fleet", async () => (await import("./fleet.js")).addFleetCommand],
  ["drain", async () => (await import("./drain.js")).addDrainCommand],
  ["sweep", async () => (await import("./sweep.js")).addSweepCommand],
  ["worker", async () => (await import("./worker.js")).addWorkerCommand],
  ["query", async () => (await import("./query.js")).addQueryCommand],
  ["observe", async () => (await import("./observe.js")).addObserveCommand],
  ["predict", async () => (await import("./predict.js")).addPredictCommand],
  ["advise", async () => (await import("./advise.js")).addAdviseCommand],
  ["watch", async () => (await import("./watch.js")).addWatchCommand],
  ["inspect", async () => (await import("./inspect.js")).addInspectCommand],
  ["compact", async () => (await import("./compact.js")).addCompactCommand],
  ["receive", async () => (await import("./receive.js")).addReceiveCommand],
  ["send", async () => (await import("./send.js")).addSendCommand],
  ["relay", async () => (await import("./relay.js")).addRelayCommand],
  ["host", async () => (await import("./host.js")).addHostCommand],
  ["start", async () => (await import("./start.js")).addStartCommand],
  ["ps", async () => (await import("./ps.js")).addPsCommand],
  ["console", async () => (await import("./console.js")).addConsoleCommand],
  ["move", async () => (await import("./move.js")).addMoveCommand],
  ["stop", async () => (await import("./stop.js")).addStopCommand],
  ["page", async () => (await import("./page.js")).addPageCommand],
]);

/** Runs the command line to its exit code. Never throws, and never shows a stack. */
export async function runProgram(world: CliWorld): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  // Without a word, the help is the best answer.
  const argv = world.argv.length === 0 ? ["--help"] : [...world.argv];
  try {
    const program = createProgram(world);
    for (const add of await commandsFor(argv)) {
      add(program, world, (answered) => {
        code = answered;
      });
    }
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    return explain(world, error);
  }
}

/** The one that is asked for; all of them for the help, and where there is no such command. */
function commandsFor([word = ""]: readonly string[]): Promise<AddCommand[]> {
  const asked = COMMANDS.get(word);
  const wanted = asked ? [asked] : [...COMMANDS.values()];
  return Promise.all(wanted.map((load) => load()));
}

function createProgram(world: CliWorld): Command {
  return new Command("godwit")
    .description("Live migration of virtual machines: simulated to the page, predicted, and real.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      // What went wrong is said once, by `explain`.
      writeErr: () => undefined,
      getOutHelpWidth: () => world.stdout.columns || 100,
    })
    .exitOverride();
}

/** Tells the user what happened, in one line where it is their doing, and answers the exit code. */
function explain(world: CliWorld, error: unknown): ExitCode {
  const say = (text: string): unknown =>
    world.stderr.write(`godwit: ${printable(text.replace(/\s*\n\s*/g, " "))}\n`);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    say(usageText(error));
    return EXIT.usage;
  }
  if (error instanceof InterruptedError) {
    say(error.message);
    return EXIT.interrupted;
  }
  if (isGodwitError(error)) {
    say(error.message);
    return EXIT_BY_TAG[error.tag];
  }
  const message = error instanceof Error ? error.message : String(error);
  say(
    `sorry, this is a bug in godwit ${packageVersion()}: ${message}. Please report it with the command you ran.`,
  );
  return EXIT.bug;
}

function usageText({ code, message }: CommanderError): string {
  // Asked for the help of a command that does not exist, the library answers with no words of its own.
  if (code === "commander.help") return "unknown command; godwit --help lists them all";
  return message.replace(/^error: /, "");
}

/** Bytes come only from files here, so a broken format is the file's: usage. */
const EXIT_BY_TAG = {
  InvalidOptionError: EXIT.usage,
  MigrationBlockedError: EXIT.usage,
  WireFormatError: EXIT.usage,
  NotConvergedError: EXIT.notConverged,
  LinkFailedError: EXIT.failed,
  InDoubtError: EXIT.failed,
  PeerFailedError: EXIT.failed,
  VerificationError: EXIT.failed,
  AbortedError: EXIT.interrupted,
} as const;
