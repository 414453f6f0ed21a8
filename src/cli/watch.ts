import type { Command } from "commander";
import { type Outlook, QemuMonitor, watchMigration } from "../node.js";
import { formatDuration, formatRate, formatShare } from "../quantity-text.js";
import { parseRate, parseTime } from "../scenario/quantities.js";
import { toMilliseconds } from "../units.js";
import { runLive } from "./live-session.js";
import { readObservation } from "./prediction-subject.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const NOTES = `
Waits for a migration to begin, then tells every half second how it will go on. A monitor serves one client
at a time: give QEMU one for godwit, -qmp unix:PATH,server=on,wait=off. Turn the capability "events" on, so
that passes are timed exactly.
Exit codes: 0 the guest has left, 1 usage, 2 it did not (failed or cancelled), 3 the VM is gone, 130 interrupted.

Examples:
  $ godwit watch --qmp /run/vm.qmp
  $ godwit watch --qmp /run/vm.qmp --act --max-downtime 1s --max-bandwidth 10Gbit/s`;

interface WatchFlags {
  readonly qmp: string;
  readonly observation?: string;
  readonly maxDowntime?: string;
  readonly maxBandwidth?: string;
  readonly act?: boolean;
  readonly json?: boolean;
}

/** `godwit watch`: a running migration, and how it will go on. */
export function addWatchCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  program
    .command("watch")
    .summary("follow a migration of QEMU, and predict how it goes on")
    .description(
      "Follows a migration through QEMU's monitor, learns from its passes what the guest dirties, and tells how long it will still take and whether it will end; where it will not, which step lets it.",
    )
    .requiredOption("--qmp <SOCKET>", "monitor of the source: a path, unix:PATH or tcp:HOST:PORT")
    .option("--observation <FILE>", "what godwit observe saw, for the time before a pass has ended")
    .option("--act", "take the step instead of only telling it")
    .option("--max-downtime <TIME>", "longest downtime a step may lead to (default: QEMU's limit)")
    .option("--max-bandwidth <RATE>", "most bandwidth a step may set (default: what is set)")
    .option("--json", "print an object for every outlook and one for the end, a line each")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", NOTES)
    .action(async (flags: WatchFlags) => {
      exit(await watch(world, flags));
    });
}

async function watch(world: CliWorld, flags: WatchFlags): Promise<ExitCode> {
  const { observation: file, maxDowntime, maxBandwidth, json = false } = flags;
  const options = {
    act: flags.act ?? false,
    ...(file === undefined
      ? {}
      : {
          observation: readObservation(world.folder, file),
        }),
    ...(maxDowntime === undefined
      ? {}
      : { maxDowntimeMs: toMilliseconds(parseTime("--max-downtime", maxDowntime)) }),
    ...(maxBandwidth === undefined
      ? {}
      : { maxBandwidth: parseRate("--max-bandwidth", maxBandwidth) }),
  };
  return runLive(world, { qmp: "--qmp" }, async ({ signal, say, show }) => {
    const monitor = await QemuMonitor.open(flags.qmp, { signal });
    try {
      let told = "";
      if (!json) say("waiting for a migration");
      const onOutlook = (outlook: Outlook): void => {
        if (json) world.stdout.write(`${JSON.stringify(outlook)}\n`);
        else show(outlookText(outlook));
        const news = json ? "" : newsOf(outlook);
        if (news !== "" && news !== told) say(news);
        told = news;
      };
      const end = await watchMigration(monitor, { ...options, signal, onOutlook });
      if (json) world.stdout.write(`${JSON.stringify(end)}\n`);
      else world.stdout.write(`${endText(end)}\n`);
      return end.status === "completed" ? EXIT.done : EXIT.notConverged;
    } finally {
      monitor.close();
    }
  });
}

/** One line that says how it stands. */
function outlookText({ seen, prediction }: Outlook): string {
  const at = `pass ${seen.pass}, ${formatDuration(Math.round(seen.elapsedMs))}`;
  if (prediction === null) return `${at}: nothing is known before the first pass has ended`;
  const rate = seen.elapsedMs > 0 ? formatRate((seen.sentBytes / seen.elapsedMs) * 1000) : "";
  const { totalMs, convergesBy } = prediction;
  if (totalMs === null) return `${at}, ${rate}: it does not end`;
  const left = (ms: number): string =>
    formatDuration(Math.max(0, Math.round((ms - seen.elapsedMs) / 10) * 10));
  const chance = formatShare(convergesBy.probability);
  return `${at}, ${rate}: ${left(totalMs.p50)} left (${left(totalMs.p5)} to ${left(totalMs.p95)}), ends with ${chance}`;
}

/** What is worth a line that stays: a stall, and what helps. */
function newsOf({ seen, prediction, step, isTaken }: Outlook): string {
  if (prediction === null || prediction.verdict === "converges" || seen.pass < 2) return "";
  const helps =
    step === null
      ? "nothing that may be changed helps; cancel it, or allow more"
      : `${isTaken ? "done" : "to do"}: ${step.change}`;
  return `${prediction.because}; ${helps}`;
}

function endText({
  status,
  totalMs,
  downtimeMs,
  steps,
}: Awaited<ReturnType<typeof watchMigration>>): string {
  const took = totalMs === null ? "" : ` after ${formatDuration(totalMs)}`;
  const down = downtimeMs === null ? "" : `, downtime ${formatDuration(downtimeMs)}`;
  const done = steps.length === 0 ? "" : `; steps taken: ${steps.join(", ")}`;
  return `${status}${took}${down}${done}`;
}
