import type { Command } from "commander";
import type { PredictionQuestion } from "../predict/input.js";
import { PLATFORMS } from "../predict/platforms/platforms.js";
import { type Prediction, predict, type Quantiles } from "../predict/prediction.js";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
} from "../quantity-text.js";
import { type PageCount, pagesToBytes } from "../units.js";
import { platformsNamed, platformsText, predictPlatforms } from "./platform-table.js";
import { addPredictionFlags, type PredictionFlags } from "./prediction-flags.js";
import { questionOf } from "./prediction-subject.js";
import { drawTable } from "./tables.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const NOTES = `
Exit code: 0 it converges (on every platform asked for), 2 it does not or chance decides.

Examples:
  $ godwit predict --workload hot-set:wss=512MiB,rate=9000/s --memory 4GiB --bandwidth 1Gbit/s
  $ godwit observe --pid 4711 --for 10s -o vm.json && godwit predict --observation vm.json --bandwidth 1Gbit/s
  $ godwit predict --qmp /run/vm.qmp --bandwidth 10Gbit/s --deadline 2m
  $ godwit predict --workload uniform:wss=96MiB,rate=14000/s --memory 512MiB --nonzero-pages 60000..61500 \\
      --bandwidth 35MB/s --downtime-limit 200 --auto-converge --deadline 75s
  $ godwit predict --observation vm.json --link 1Gbit/s --platform kubevirt,nova,proxmox`;

type PredictFlags = PredictionFlags & { readonly platform?: string; readonly json?: boolean };

/** `godwit predict`: what QEMU will do with a guest, as a distribution. */
export function addPredictCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  const command = program
    .command("predict")
    .summary("predict what QEMU will do with a guest")
    .description(
      "Runs QEMU's migration loop many times over what is known of a guest, and tells how long it will take, for how long the guest will stand still, and whether it converges.",
    );
  addPredictionFlags(command)
    .optionsGroup("Results:")
    .option(
      "--platform <NAME,...>",
      `what platforms make of it: all, or some of ${Object.keys(PLATFORMS).join(", ")}`,
    )
    .option("--json", "print the prediction as JSON and nothing else")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", NOTES)
    .action(async (given: PredictFlags) => {
      const { platform, json, ...flags } = given;
      const question = await questionOf(world, flags);
      if (platform !== undefined) {
        const platforms = platformsNamed(platform, flags);
        const isCapped = flags.bandwidth !== undefined;
        const predictions = predictPlatforms(question, platforms, isCapped);
        world.stdout.write(
          json === true
            ? `${JSON.stringify(predictions, null, 2)}\n`
            : `${guestText(question)}\n\n${platformsText(platforms, predictions)}`,
        );
        const all = predictions.every(({ verdict }) => verdict === "converges");
        return exit(all ? EXIT.done : EXIT.notConverged);
      }
      const prediction = predict(question.guest, question.settings, question.options);
      world.stdout.write(
        json === true
          ? `${JSON.stringify(prediction, null, 2)}\n`
          : predictionText(question, prediction),
      );
      exit(prediction.verdict === "converges" ? EXIT.done : EXIT.notConverged);
    });
}

/** A range that is no wider than this share of the memory is told by its middle. */
const NARROW = 0.05;

/** The guest, as what it was taken for. */
export function guestText({ guest }: PredictionQuestion): string {
  const { totalPages, nonzeroPages } = guest;
  const least = Math.min(...nonzeroPages.map(({ from }) => from));
  const most = Math.max(...nonzeroPages.map(({ to }) => to));
  const text = (pages: PageCount): string => formatBytes(pagesToBytes(Math.round(pages)));
  // An observation may not know at all how much of it is zero.
  const nonzero =
    most - least > NARROW * totalPages
      ? `${text(least)} to ${text(most)}`
      : text(
          nonzeroPages.reduce((sum, { from, to }) => sum + from + to, 0) / 2 / nonzeroPages.length,
        );
  return `${text(totalPages)} of RAM, ${nonzero} of it not zero`;
}

/** A prediction for people. */
function predictionText(question: PredictionQuestion, p: Prediction): string {
  const { settings, options } = question;
  const rate = Math.min(settings.maxBandwidth, options.hosts.linkBandwidth);
  const head = `${guestText(question)}, over ${formatRate(rate)}, downtime limit ${formatDuration(settings.downtimeLimitMs)}: ${settings.profile}, ${p.runs === 1 ? "1 run" : `${p.runs} runs`}`;
  const chance = formatShare(p.convergesBy.probability);
  const within = formatDuration(p.convergesBy.deadlineMs);
  const lines = [head, "", `${VERDICTS[p.verdict]}: ${p.because}.`];
  lines.push(`${chance} of the runs end within ${within}.`, "", quantileTable(p));
  if (p.postCopy) {
    const { faults, stallMs } = p.postCopy;
    lines.push(
      `After the switchover the guest meets about ${formatCount(Math.round(faults))} absent pages and stands still for them for ${formatDuration(stallMs)} in sum.`,
      "",
    );
  }
  return lines.join("\n");
}

const VERDICTS = {
  converges: "It converges",
  uncertain: "Uncertain",
  "does-not-converge": "It does not converge",
} as const;

function quantileTable(p: Prediction): string {
  const row = (name: string, q: Quantiles | null, format: (value: number) => string): string[] =>
    q === null
      ? [name, "-", "-", "-", "-", "-"]
      : [name, ...[q.p5, q.p25, q.p50, q.p75, q.p95].map(format)];
  return drawTable(
    {
      head: ["of the runs that end", "5 %", "25 %", "median", "75 %", "95 %"],
      rows: [
        row("total time", p.totalMs, formatDuration),
        row("downtime", p.downtimeMs, formatDuration),
        row("bytes", p.bytes, formatBytes),
        row("passes", p.passes, (value) => String(Math.round(value))),
      ],
    },
    [0],
  );
}
