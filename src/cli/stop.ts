import type { Command } from "commander";
import { addHostFlags, ENVIRONMENT, type HostFlags, hostOf, runOnHost } from "./host-flags.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const EXAMPLES = `
Example:
  $ godwit stop pc1 --on tcp://127.0.0.1:7700

What the machine had in memory is lost. One that is being moved is not stopped: give the move up first
(Ctrl-C in godwit move), or use --force if you know that it runs nowhere else.
${ENVIRONMENT}
Exit codes: 0 done, 1 usage, 3 the host cannot be reached or refused.`;

type StopFlags = HostFlags & { readonly force?: boolean };

/** `godwit stop`: ends a machine. */
export function addStopCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  const command = program
    .command("stop")
    .summary("end a machine of a host")
    .description("Ends a machine of a host, as if its power were cut.")
    .argument("<NAME>", "the machine");
  addHostFlags(command.option("--force", "also when it is being moved"))
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, flags: StopFlags) => {
      const host = hostOf(world, flags);
      const force = flags.force === true;
      await runOnHost(world, {}, ({ signal }) => host.stop(name, { force, signal }));
      world.stdout.write(`stopped ${name}\n`);
      exit(EXIT.done);
    });
}
