import { type Command, Option } from "commander";
import { InvalidOptionError } from "../errors.js";
import type { MoveReport } from "../machine.js";
import { formatBytes, formatDuration } from "../quantity-text.js";
import { orderedReport } from "../report/json.js";
import { reportTable, roundHeadLine, roundLine } from "../report/text.js";
import { FIELD_NAMES } from "../scenario/fields.js";
import type { FieldName } from "../scenario/input.js";
import { migrationSwitches } from "../scenario/migration-switches.js";
import { parseTime } from "../scenario/quantities.js";
import { resolveScenario } from "../scenario/resolve.js";
import { bytesToPages, toMilliseconds } from "../units.js";
import {
  addHostFlags,
  ENVIRONMENT,
  type HostFlags,
  hostOf,
  locateHost,
  runOnHost,
} from "./host-flags.js";
import { addScenarioFlags, combineScenario } from "./options.js";
import { type ProgressDisplay, progressDisplay } from "./progress.js";
import { exitCodeOf } from "./session.js";
import { drawTable } from "./tables.js";
import { type CliWorld, type ExitCode, widthOf } from "./world.js";

const EXAMPLES = `
Examples:
  $ godwit move pc1 --from tcp://127.0.0.1:7700 --to tcp://127.0.0.1:7701
  $ godwit move pc1 --to tls://10.0.0.2:7700 --strategy hybrid --max-rounds 3 --token-file token
  $ godwit move pc1 --to unix:/run/godwit2 --downtime-limit 20ms --auto-converge --json

The source host dials --to, with its own token and certificates. Times are measured; downtime is from the
stop of the guest until the source hears that it runs at the target.
Ctrl-C gives the move up: the machine runs on at the source, unless it is already the target's.
${ENVIRONMENT}
Exit codes: 0 done, 1 usage, 2 did not converge, 3 link or target failed, 70 a bug in godwit, 130 given up.`;

/** Fields of a scenario that say how to move; the others describe what a simulation would make up. */
const MOVE_FIELDS: readonly FieldName[] = [
  ...(["strategy", "policy", "maxBandwidth", "downtimeLimit", "maxRounds", "maxBytes"] as const),
  ...(["dirtyThreshold", "giveUpAfter", "onNotConverged", "xbzrle", "xbzrleCache"] as const),
  ...(["autoConverge", "throttleInitial", "throttleIncrement", "throttleMax"] as const),
  ...(["throttleTrigger", "order", "skipDirty", "prepaging", "pivots"] as const),
];

interface MoveFlags extends HostFlags, Record<string, unknown> {
  readonly from?: string;
  readonly to: string;
  readonly verify: "sent" | "memory" | "none";
  readonly compression: "none" | "lz4" | "auto";
  readonly epoch?: string;
  readonly json?: boolean;
}

/** `godwit move`: a running machine goes on at another host. */
export function addMoveCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  const command = program
    .command("move")
    .summary("move a running machine to another host")
    .description("Moves a running machine from one host to another.")
    .argument("<NAME>", "the machine")
    .requiredOption("--to <HOST>", "the target, as the source reaches it");
  addHostFlags(command, "--from");
  addScenarioFlags(
    command,
    FIELD_NAMES.filter((name) => !MOVE_FIELDS.includes(name)),
  )
    .optionsGroup("Results:")
    .addOption(
      new Option(
        "--verify <WHAT>",
        "compare digests before the machine runs at the target: of every page as it was sent, or of all memory as it is at the stop, which takes some downtime",
      )
        .choices(["sent", "memory", "none"])
        .default("sent"),
    )
    .addOption(
      new Option(
        "--compression <HOW>",
        "compress pages on the link: wherever that is shorter, or only while the link is slow (less than 120 MB/s)",
      )
        .choices(["none", "lz4", "auto"])
        .default("none"),
    )
    .option(
      "--epoch <TIME>",
      "while pages are missing at the target, save its state at the source so often, in case the target dies; 0ms: never (default: 1s)",
    )
    .option("--json", "print the report as JSON and nothing else")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, flags: MoveFlags) => {
      exit(await move(world, name, flags));
    });
}

async function move(world: CliWorld, name: string, flags: MoveFlags): Promise<ExitCode> {
  const { input, context } = combineScenario(undefined, flags, world.folder);
  const { strategy, migration } = resolveScenario(input, context);
  const { verify, compression } = flags;
  const epochMs =
    flags.epoch === undefined ? undefined : toMilliseconds(parseTime("--epoch", flags.epoch));
  const settings = { ...migrationSwitches(migration), verify, compression, epochMs };
  const host = hostOf(world, { ...flags, ...(flags.from === undefined ? {} : { on: flags.from }) });
  const to = locateHost(world, flags.to);
  if (to === host.address)
    throw new InvalidOptionError("--to", flags.to, "another host than --from");
  const out = flags.json === true ? null : world.stdout;
  const width = widthOf(world.stdout);
  let display: ProgressDisplay | null = null;
  const report = await runOnHost(
    world,
    { address: "--from", tls: "certificates of the source host" },
    async ({ signal, say }) => {
      try {
        return await host.move(name, to, {
          strategy,
          settings,
          signal,
          onBegin({ memoryBytes }) {
            const pages = bytesToPages(memoryBytes);
            out?.write(`${name} from ${host.address} to ${to}\n\n`);
            display = progressDisplay(strategy, pages, out, world.stderr, "measured");
            display.line(roundHeadLine(width));
          },
          onRound: (round) => display?.line(roundLine(round, width)),
          onProgress: (progress) => display?.update(progress),
          onNote(text) {
            display?.stop();
            say(`godwit: ${text}`);
          },
        });
      } finally {
        display?.stop();
      }
    },
  );
  show(world, report, out === null);
  return exitCodeOf(report);
}

function show(world: CliWorld, report: MoveReport, isJson: boolean): void {
  if (isJson) {
    const { moveId, peer, rejoins, savedBytes, recovery } = report;
    const whole = { ...orderedReport(report), moveId, peer, rejoins, savedBytes, recovery };
    world.stdout.write(`${JSON.stringify(whole, null, 2)}\n`);
    return;
  }
  const { head, rows } = reportTable(report);
  // Nobody counts the packets of a real network.
  const measured = rows.filter(([name]) => name !== "network");
  world.stdout.write(`\n${drawTable({ head, rows: [...measured, ...linkRows(report)] }, [0, 1])}`);
}

/** What only a real link can do to a move. */
function linkRows({ rejoins, savedBytes, recovery }: MoveReport): (readonly [string, string])[] {
  const rows: (readonly [string, string])[] = [];
  if (savedBytes > 0) rows.push(["compression", `kept ${formatBytes(savedBytes)} off the link`]);
  if (rejoins > 0)
    rows.push(["link", `taken up again ${rejoins === 1 ? "once" : `${rejoins} times`}`]);
  if (recovery !== null) {
    const { epoch, lostMs, outputMayHaveBeenSeen } = recovery;
    const seen = outputMayHaveBeenSeen ? "; others may have seen output of that time" : "";
    const from = epoch === 0 ? "the switchover" : `epoch ${epoch}`;
    rows.push(["recovered", `goes on from ${from}, ${formatDuration(lostMs)} are lost${seen}`]);
  }
  return rows;
}
