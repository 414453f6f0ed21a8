import { Command, CommanderError } from "commander";
import { isGodwitError } from "../errors.js";
import { packageVersion } from "../files/package-version.js";
import { addAdviseCommand } from "./advise.js";
import { addCompactCommand } from "./compact.js";
import { addCompareCommand } from "./compare.js";
import { addConsoleCommand } from "./console.js";
import { addDemoCommand } from "./demo.js";
import { addDrainCommand } from "./drain.js";
import { addFleetCommand } from "./fleet.js";
import { addHostCommand } from "./host.js";
import { addInspectCommand } from "./inspect.js";
import { addMoveCommand } from "./move.js";
import { addObserveCommand } from "./observe.js";
import { addPageCommand } from "./page.js";
import { addPredictCommand } from "./predict.js";
import { printable } from "./printable.js";
import { addPsCommand } from "./ps.js";
import { addQueryCommand } from "./query.js";
import { addReceiveCommand } from "./receive.js";
import { addRelayCommand } from "./relay.js";
import { addRunCommand } from "./run.js";
import { addSendCommand } from "./send.js";
import { InterruptedError } from "./session.js";
import { addStartCommand } from "./start.js";
import { addStopCommand } from "./stop.js";
import { addSweepCommand } from "./sweep.js";
import { addWatchCommand } from "./watch.js";
import { addWorkerCommand } from "./worker.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

/** Runs the command line to its exit code. Never throws, and never shows a stack. */
export async function runProgram(world: CliWorld): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const program = createProgram(world, (answered) => {
    code = answered;
  });
  try {
    // Without a word, the help is the best answer.
    const argv = world.argv.length === 0 ? ["--help"] : [...world.argv];
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    return explain(world, error);
  }
}

function createProgram(world: CliWorld, exit: (code: ExitCode) => void): Command {
  const program = new Command("godwit")
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
  const commands = [
    ...[addRunCommand, addCompareCommand, addDemoCommand],
    ...[addFleetCommand, addDrainCommand],
    ...[addSweepCommand, addWorkerCommand, addQueryCommand],
    ...[addObserveCommand, addPredictCommand, addAdviseCommand, addWatchCommand],
    ...[addInspectCommand, addCompactCommand],
    ...[addReceiveCommand, addSendCommand, addRelayCommand],
    ...[addHostCommand, addStartCommand, addPsCommand, addConsoleCommand],
    ...[addMoveCommand, addStopCommand, addPageCommand],
  ];
  for (const add of commands) add(program, world, exit);
  return program;
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
