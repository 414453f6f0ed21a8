import type { Command } from "commander";
import { isGodwitError } from "../errors.js";
import { formatBytes } from "../quantity-text.js";
import { comparisonHtml, type MappedReport } from "../report/html.js";
import { orderedReport } from "../report/json.js";
import { pageTimeMapSvg, stackedSvg } from "../report/svg.js";
import { type BlockedStrategy, comparisonTable, outcomeLine } from "../report/text.js";
import { inputFor } from "../scenario/contradictions.js";
import { STRATEGIES } from "../scenario/field.js";
import { migrationsWithin, refuseMoreThanMemory } from "../scenario/memory-need.js";
import { resolveScenario } from "../scenario/resolve.js";
import type { Scenario } from "../scenario/scenario.js";
import { addScenarioFlags, combineScenario, type GivenScenario } from "./options.js";
import { addOutputFlags, type OutputFlags, prepareOutputs } from "./outputs.js";
import { scenarioText } from "./run.js";
import type { SessionOptions } from "./session.js";
import { type Comparison, oneByOne, sideBySide } from "./side-by-side.js";
import { drawWithin } from "./tables.js";
import { addThreadsFlag, type ThreadsFlag, threadsOf } from "./threads.js";
import { type CliWorld, EXIT, type ExitCode, widthOf } from "./world.js";

const NOTES = `
Options that concern only some strategies are passed to those.
Strategies that do not converge or fail are results like the others: the exit code is 0 once all have run.

Examples:
  $ godwit compare --memory 4GiB --workload hot-set:wss=512MiB,rate=50k/s --link lan-1g
  $ godwit compare scenario.json --html comparison.html`;

/** `godwit compare`: every strategy on the same experiment. */
export function addCompareCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  const command = program
    .command("compare")
    .summary("migrate the same guest under every strategy")
    .description(
      "Runs cold, stop-and-copy, pre-copy, post-copy and hybrid on the same experiment, side by side.",
    )
    .argument(
      "[scenario.json]",
      "scenario file with the flags' names in camelCase; flags win over it",
    );
  addThreadsFlag(
    addOutputFlags(addScenarioFlags(command, ["strategy"])),
    "threads that each run a strategy; the reports are the same",
    "as many as the machine runs at once and memory allows",
  )
    .addHelpText("after", NOTES)
    .action(async (file: string | undefined, flags: CompareFlags & Record<string, unknown>) => {
      const given = combineScenario(file, flags, world.folder);
      exit(await compare(world, given, flags, "Five strategies, one guest"));
    });
}

type CompareFlags = OutputFlags & ThreadsFlag;

/** Runs every strategy and shows the comparison. Everything is checked before the first one starts. */
export async function compare(
  world: CliWorld,
  given: GivenScenario,
  flags: CompareFlags,
  title: string,
): Promise<ExitCode> {
  const threads = threadsOf(flags);
  const scenarios = STRATEGIES.map((strategy) =>
    resolveScenario(inputFor(strategy, given.input), given.context),
  );
  for (const { machine } of scenarios)
    refuseMoreThanMemory(machine, world.memoryBytes, given.context.nameOf);
  const outputs = prepareOutputs(flags, world.folder, given.inputs());
  const out = flags.json === true ? null : world.stdout;
  const subtitle = scenarios[0] === undefined ? "" : scenarioText(scenarios[0]);
  out?.write(`${subtitle}\n\n`);
  const options = { out, rounds: false, map: outputs.any, threads, nameOf: given.context.nameOf };
  const comparison = openComparison(world, scenarios, options);
  const { migrated, blocked } = await runAll(scenarios, comparison).finally(() =>
    comparison.close(),
  );
  outputs.svg?.write(mapsSvg(migrated, { title, subtitle }));
  outputs.html?.write(await comparisonHtml(migrated, { title, subtitle }, blocked));
  const reports = migrated.map(({ report }) => report);
  if (out === null) {
    const list = [
      ...reports.map(orderedReport),
      ...blocked.map((entry) => ({ ...entry, outcome: "blocked" })),
    ];
    world.stdout.write(`${JSON.stringify(list, null, 2)}\n`);
  }
  out?.write(`\n${drawWithin(comparisonTable(reports, blocked), [0, 1], widthOf(world.stdout))}`);
  out?.write(outputs.text);
  return EXIT.done;
}

/** As many strategies at once as there are threads, unless memory could not hold so many guests' bytes. */
function openComparison(
  world: CliWorld,
  scenarios: readonly Scenario[],
  options: SessionOptions,
): Comparison {
  const wanted = Math.min(options.threads ?? world.parallelism, scenarios.length);
  const fitting = scenarios.map((scenario) => migrationsWithin(world.freeBytes, scenario));
  const atOnce = Math.max(1, Math.min(wanted, ...fitting));
  if (atOnce < wanted && options.out !== null) {
    const free = formatBytes(world.freeBytes);
    world.stderr.write(
      `godwit: ${atOnce} at a time instead of ${wanted}: each strategy holds the guest's bytes twice, and ${free} of memory are free\n`,
    );
  }
  return atOnce === 1 ? oneByOne(world, options) : sideBySide(world, scenarios, atOnce, options);
}

async function runAll(
  scenarios: readonly Scenario[],
  comparison: Comparison,
): Promise<{ migrated: MappedReport[]; blocked: BlockedStrategy[] }> {
  const migrated: MappedReport[] = [];
  const blocked: BlockedStrategy[] = [];
  for (const scenario of scenarios) {
    try {
      const entry = await comparison.migrate(scenario);
      migrated.push(entry);
      comparison.line(scenario, outcomeLine(entry.report));
    } catch (error) {
      // A device may block the live strategies and let the guest move cold: that is worth comparing.
      if (!isGodwitError(error, "MigrationBlockedError")) throw error;
      blocked.push({ strategy: scenario.strategy, reason: error.message });
      if (blocked.length === scenarios.length) throw error;
      comparison.line(scenario, `${scenario.strategy}: blocked, ${error.message}`);
    }
  }
  return { migrated, blocked };
}

function mapsSvg(
  migrated: readonly MappedReport[],
  words: { title: string; subtitle: string },
): string {
  const pictures = migrated.flatMap(({ report, map }) =>
    map === null
      ? []
      : [pageTimeMapSvg(map, { title: report.strategy, subtitle: outcomeLine(report) })],
  );
  return stackedSvg(pictures, 900, 480, words);
}
