import type { Command } from "commander";
import { formatBytes, formatRate, formatShare } from "../quantity-text.js";
import { reportHtml } from "../report/html.js";
import { reportToJson } from "../report/json.js";
import { pageTimeMapSvg } from "../report/svg.js";
import { reportTable } from "../report/text.js";
import { refuseMoreThanMemory } from "../scenario/memory-need.js";
import { resolveScenario } from "../scenario/resolve.js";
import type { Scenario } from "../scenario/scenario.js";
import { pagesToBytes } from "../units.js";
import { addScenarioFlags, combineScenario } from "./options.js";
import { addOutputFlags, type OutputFlags, prepareOutputs } from "./outputs.js";
import { exitCodeOf, InterruptedError, migrateOnScreen } from "./session.js";
import { drawTable } from "./tables.js";
import { addThreadsFlag, type ThreadsFlag, threadsOf } from "./threads.js";
import type { CliWorld, ExitCode } from "./world.js";

const EXAMPLES = `
Examples:
  $ godwit run --memory 4GiB --workload uniform:wss=256MiB,rate=20k/s
  $ godwit run --strategy post-copy --workload hot-set:wss=1GiB,rate=50k/s,skew=1.1 --html report.html
  $ godwit run --policy qemu-7.2 --link lan-1g --auto-converge --workload sequential:wss=512MiB,rate=60k/s
  $ godwit run scenario.json --bandwidth 10Gbit/s,1Gbit/s@30s --json

Units: sizes B, kB, MB, GB, TB, KiB, MiB, GiB, TiB; rates bit/s or B/s with prefixes; times ns, us, ms, s, m, h.
Exit codes: 0 done, 1 usage, 2 did not converge, 3 link or peer failed, 70 a bug in godwit, 130 interrupted.`;

/** `godwit run`: one migration. */
export function addRunCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  const command = program
    .command("run")
    .summary("migrate one guest")
    .description("Migrates one guest in simulated time and reports what it took.")
    .argument(
      "[scenario.json]",
      "scenario file with the flags' names in camelCase; flags win over it",
    );
  addThreadsFlag(
    addOutputFlags(addScenarioFlags(command)),
    "threads that move and compare real bytes; the report is the same",
    "as many as the machine runs at once up to 8, 1 for guests below 2 GiB",
  )
    .addHelpText("after", EXAMPLES)
    .action(async (file: string | undefined, flags: RunFlags) => {
      exit(await run(world, file, flags));
    });
}

type RunFlags = OutputFlags & ThreadsFlag & Record<string, unknown>;

async function run(world: CliWorld, file: string | undefined, flags: RunFlags): Promise<ExitCode> {
  const { input, context, inputs } = combineScenario(file, flags, world.folder);
  const threads = threadsOf(flags);
  const scenario = resolveScenario(input, context);
  refuseMoreThanMemory(scenario.machine, world.memoryBytes, context.nameOf);
  const outputs = prepareOutputs(flags, world.folder, inputs());
  const out = flags.json === true ? null : world.stdout;
  const subtitle = scenarioText(scenario);
  out?.write(`${subtitle}\n\n`);
  try {
    const migrated = await migrateOnScreen(world, scenario, {
      out,
      rounds: out !== null,
      map: outputs.any,
      threads,
      nameOf: context.nameOf,
    });
    const { report, map, singleThreadReason } = migrated;
    if (out !== null && threads !== undefined && singleThreadReason !== null)
      world.stderr.write(`godwit: one thread instead of ${threads}: ${singleThreadReason}\n`);
    const words = { title: titleOf(scenario), subtitle };
    if (map !== null) outputs.svg?.write(pageTimeMapSvg(map, words));
    outputs.html?.write(await reportHtml(migrated, words));
    if (out === null) world.stdout.write(reportToJson(report));
    else out.write(`\n${drawTable(reportTable(report), [0, 1])}`);
    out?.write(outputs.text);
    return exitCodeOf(report);
  } catch (error) {
    // What is known of an interrupted run is still one JSON object.
    if (out === null && error instanceof InterruptedError && error.report !== null)
      world.stdout.write(reportToJson(error.report));
    throw error;
  }
}

function titleOf(scenario: Scenario): string {
  const name = scenario.strategy.charAt(0).toUpperCase() + scenario.strategy.slice(1);
  return `${name} migration of ${formatBytes(pagesToBytes(scenario.machine.memoryPages))}`;
}

/** The experiment in one line. */
export function scenarioText(scenario: Scenario): string {
  const { machine, link, migration } = scenario;
  const rates = link.bandwidth.map(({ rate }) => formatRate(rate)).join(", then ");
  const loss = link.loss > 0 ? ` with ${formatShare(link.loss)} loss` : "";
  const kinds = machine.workload.map((component) => component.kind).join(" + ") || "idle";
  return `${formatBytes(pagesToBytes(machine.memoryPages))} guest, ${kinds}, over ${rates}${loss}; policy ${migration.policy}, seed ${scenario.seed}`;
}
