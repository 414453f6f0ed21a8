import type { Command } from "commander";
import type { MachineStatus } from "../machine.js";
import { formatBytes, formatDuration } from "../quantity-text.js";
import { addHostFlags, ENVIRONMENT, type HostFlags, hostOf, runOnHost } from "./host-flags.js";
import { printable } from "./printable.js";
import { drawTable } from "./tables.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const EXAMPLES = `
Examples:
  $ godwit ps
  $ godwit ps --on tcp://10.0.0.2:7700 --token-file token --json
${ENVIRONMENT}
Exit codes: 0 done, 1 usage, 3 the host cannot be reached or refused.`;

type PsFlags = HostFlags & { readonly json?: boolean };

/** `godwit ps`: the machines of a host. */
export function addPsCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  const command = program
    .command("ps")
    .summary("list the machines of a host")
    .description("Lists the machines of a host.");
  addHostFlags(command)
    .optionsGroup("Results:")
    .option("--json", "print the list as JSON and nothing else")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: PsFlags) => {
      const host = hostOf(world, flags);
      const machines = await runOnHost(world, {}, ({ signal }) => host.list({ signal }));
      if (flags.json === true) world.stdout.write(`${JSON.stringify(machines, null, 2)}\n`);
      else if (machines.length === 0) world.stdout.write(`no machines at ${host.address}\n`);
      else world.stdout.write(drawTable(machineTable(machines), [0, 1, 3, 4]));
      exit(EXIT.done);
    });
}

function machineTable(machines: readonly MachineStatus[]) {
  return {
    head: ["name", "kind", "memory", "state", "came from", "uptime"],
    rows: machines.map(({ name, kind, memoryBytes, cameFrom, uptimeMs, ...rest }) => [
      ...[name, printable(kind), formatBytes(memoryBytes)],
      ...[stateText(rest), printable(cameFrom ?? "-"), formatDuration(uptimeMs)],
    ]),
  };
}

/** The state in words, with where to or why. */
function stateText({ state, detail }: Pick<MachineStatus, "state" | "detail">): string {
  const word = { "in-doubt": "in doubt, was moving", moving: "moving" }[state as string] ?? state;
  if (detail === null) return word;
  return printable(
    state === "lost" || state === "incomplete" ? `${state}: ${detail}` : `${word} to ${detail}`,
  );
}
