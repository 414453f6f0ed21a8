import type { Command } from "commander";
import { InvalidOptionError } from "../errors.js";
import { outputFile } from "../files/output-file.js";
import { type Advice, type AdvisedSettings, advise } from "../predict/advise.js";
import { dirtyCurveOf } from "../predict/equilibrium.js";
import type { PredictionQuestion } from "../predict/input.js";
import { formatDuration, formatShare } from "../quantity-text.js";
import { dirtyCurveSvg } from "../report/dirty-curve-svg.js";
import { parseTime } from "../scenario/quantities.js";
import { type Milliseconds, toMilliseconds } from "../units.js";
import { guestText } from "./predict.js";
import { addPredictionFlags, type PredictionFlags } from "./prediction-flags.js";
import { questionOf } from "./prediction-subject.js";
import { printable } from "./printable.js";
import { drawTable } from "./tables.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

interface AdviseFlags extends PredictionFlags {
  readonly maxDowntime?: string;
  readonly svg?: string;
  readonly json?: boolean;
}

/** Without a deadline: within an hour. */
const PATIENCE_MS: Milliseconds = 3_600_000;

const NOTES = `
Exit code: 0 something reaches the goal, 2 nothing does.

Examples:
  $ godwit advise --workload sequential:wss=160MiB,rate=60k/s --memory 2GiB --bandwidth 1Gbit/s --deadline 2m
  $ godwit advise --observation vm.json --bandwidth 1Gbit/s --max-downtime 500ms --svg why.svg`;

/** `godwit advise`: which settings make a migration end in time, cheapest first. */
export function addAdviseCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  const command = program
    .command("advise")
    .summary("say which settings reach a deadline and a downtime")
    .description(
      "Looks for the settings with which 95 % of the migrations end by the deadline, and 95 % of their downtimes are no longer than asked: nothing at all, one change at the least value that does it, or two. Cheapest first.",
    );
  addPredictionFlags(command)
    .optionsGroup("Goal:")
    .option("--max-downtime <TIME>", "longest downtime (default: the downtime limit)")
    .optionsGroup("Results:")
    .option("--json", "print the advice as JSON and nothing else")
    .option("--svg <FILE>", "write what the guest dirties against what the link carries")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", NOTES)
    .action(async (flags: AdviseFlags) => {
      const { maxDowntime, svg: path, json, ...described } = flags;
      const question = await questionOf(world, described);
      const { guest, settings, options } = question;
      const { deadlineMs } = options;
      const inputs = described.observation === undefined ? [] : [described.observation];
      const svg = path === undefined ? null : outputFile("--svg", path, world.folder, inputs);
      const maxDowntimeMs = maxDowntimeOf(maxDowntime, settings.downtimeLimitMs);
      const goal = { deadlineMs: deadlineMs ?? PATIENCE_MS, maxDowntimeMs };
      const advice = advise(guest, settings, goal, options);
      const curve = dirtyCurveOf(guest, settings, options.hosts);
      svg?.write(dirtyCurveSvg(curve, "What the guest dirties, and what the link carries"));
      const written = svg === null ? "" : `\nwrote ${printable(svg.path)}\n`;
      world.stdout.write(
        json === true
          ? `${JSON.stringify({ ...advice, curve }, null, 2)}\n`
          : adviceText(question, advice) + written,
      );
      exit(advice.reaching.length > 0 ? EXIT.done : EXIT.notConverged);
    });
}

function maxDowntimeOf(text: string | undefined, downtimeLimitMs: Milliseconds): Milliseconds {
  const ms =
    text === undefined ? downtimeLimitMs : toMilliseconds(parseTime("--max-downtime", text));
  if (ms > 0) return ms;
  // Without the option it is the limit that would be the goal.
  const [option, value] = text === undefined ? ["--downtime-limit", ms] : ["--max-downtime", text];
  throw new InvalidOptionError(option, value, "a time above 0 as the longest downtime");
}

/** An advice for people. */
function adviceText(question: PredictionQuestion, { goal, reaching, missing }: Advice): string {
  const lines = [
    `${guestText(question)}.`,
    `Goal: 95 % of the runs end within ${formatDuration(goal.deadlineMs)}, and 95 % of their downtimes are within ${formatDuration(goal.maxDowntimeMs)}.`,
    "",
  ];
  const [asIs, ...others] = missing;
  if (asIs === undefined) {
    lines.push(`Nothing need be changed: ${reaching[0]?.because}.`, "", overview(reaching));
    return lines.join("\n");
  }
  lines.push(`As it is, ${asIs.because}.`, "");
  if (reaching.length === 0) lines.push("Nothing that was tried reaches the goal.", "");
  else lines.push("What reaches the goal, cheapest first:", "", overview(reaching));
  reaching.forEach(({ change, cost, because }, index) => {
    lines.push(`${index + 1}. ${change}`, `   costs: ${cost}`, `   why: ${because}`, "");
  });
  if (others.length > 0) {
    lines.push(
      "Not enough:",
      ...others.map(({ change, because }) => `- ${change}: ${because}`),
      "",
    );
  }
  return lines.join("\n");
}

function overview(reaching: readonly AdvisedSettings[]): string {
  const rows = reaching.map(({ measures, prediction }, index) => [
    String(index + 1),
    measures.join(" and ") || "as it is",
    formatShare(prediction.convergesBy.probability),
    formatDuration(Math.round(prediction.totalMs?.p95 ?? 0)),
    formatDuration(Math.round(prediction.downtimeMs?.p95 ?? 0)),
  ]);
  const head = ["", "change", "in time", "total time, 95 %", "downtime, 95 %"];
  return drawTable({ head, rows }, [1]);
}
