import type { Command } from "commander";
import { InvalidOptionError } from "../errors.js";
import { outputFile } from "../files/output-file.js";
import type { NotConverging } from "../fleet/control/drain-plan.js";
import type { Fleet } from "../fleet/model/fleet.js";
import { type DrainTimes, drainTimes } from "../fleet/run/drain-times.js";
import type { DrainReport } from "../report/drain.js";
import { drainLine, drainMoveTable, emptiedTable, leftReasons } from "../report/drain-text.js";
import { reasonLines } from "../report/fleet-text.js";
import { drainHtml } from "../report/html.js";
import { parseTime } from "../scenario/quantities.js";
import { nearestName } from "../scenario/shape.js";
import { toMilliseconds } from "../units.js";
import { readFleet } from "./fleet-input.js";
import { printable } from "./printable.js";
import { shareDisplay } from "./progress.js";
import { breather, InterruptedError } from "./session.js";
import { drawTable } from "./tables.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const NOTES = `
godwit's own way is the best of all orders and numbers of migrations at once; beside it are the defaults of
KubeVirt (2 out of a host at once, 5 in all) and of OpenStack Nova (1). Each is simulated many times, with guests
that write a little more or less and links that carry a little of something else.

Examples:
  $ godwit drain fixtures/fleet/maintenance.yaml --host h3 --deadline 30m
  $ godwit drain cluster.yaml --host web7 --deadline 10m --if-not-converging post-copy --html drain.html

Exit code: 0 emptied in time in 95 % of the runs, 2 not, 1 usage.`;

const NOT_CONVERGING: readonly NotConverging[] = ["refuse", "post-copy", "stop-and-copy"];
/** Moves that are listed. */
const MOST_MOVES = 40;
const MOST_REASONS = 12;
/** Share of the runs that must be in time for that to be called so. */
const ENOUGH = 0.95;

interface DrainFlags {
  readonly host?: string;
  readonly deadline?: string;
  readonly ifNotConverging?: string;
  readonly atOnce?: string;
  readonly runs?: string;
  readonly seed?: string;
  readonly json?: boolean;
  readonly html?: string;
}

/** `godwit drain`: how a host is emptied, and how long that takes. */
export function addDrainCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  program
    .command("drain")
    .summary("plan how to empty a host, and how long it takes")
    .description(
      "Plans in which order, and how many at once, VMs leave a host, and tells how long that takes as a distribution, beside what platforms do by default.",
    )
    .argument("<scenario.yaml>", "the data centre, in YAML or JSON; see godwit fleet")
    .requiredOption("--host <NAME>", "the host to be emptied")
    .option("--deadline <TIME>", "when it must be empty, from now; such as 30m")
    .option(
      "--if-not-converging <WHAT>",
      `what becomes of VMs that write faster than they are sent: ${NOT_CONVERGING.join(", ")} (default: refuse)`,
    )
    .option("--at-once <N>", "most that leave at once in godwit's plan (default: 8)")
    .option("--runs <N>", "simulations of each way (default: 100)")
    .option("--seed <N>", "for what is left to chance; instead of the scenario's")
    .optionsGroup("Results:")
    .option("--json", "print the result as JSON and nothing else")
    .option("--html <FILE>", "write the result as one self-contained HTML page")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", NOTES)
    .action(async (file: string, flags: DrainFlags) => exit(await drain(world, file, flags)));
}

async function drain(world: CliWorld, file: string, flags: DrainFlags): Promise<ExitCode> {
  const deadlineNs = flags.deadline === undefined ? null : parseTime("--deadline", flags.deadline);
  const seeded = flags.seed === undefined ? {} : { seed: flags.seed };
  const { fleet, run, inputs } = await readFleet(file, seeded, world.folder);
  const host = hostNamed(fleet, flags.host ?? "");
  const html =
    flags.html === undefined ? null : outputFile("--html", flags.html, world.folder, inputs);
  const ifNotConverging = notConverging(flags.ifNotConverging ?? "refuse");
  const times = await onScreen(world, fleet, {
    ...{ host, deadlineNs, ifNotConverging, seed: run.seed },
    mostAtOnce: countOf("--at-once", flags.atOnce, 64),
    runs: countOf("--runs", flags.runs, 100_000),
  });
  const report = drainReport(fleet, times);
  html?.write(await drainHtml(report));
  world.stdout.write(
    flags.json === true ? `${JSON.stringify(report, nullForNever, 2)}\n` : drainText(report, times),
  );
  if (html !== null && flags.json !== true) world.stdout.write(`\nwrote ${printable(html.path)}\n`);
  return isInTime(times) ? EXIT.done : EXIT.notConverged;
}

async function onScreen(
  world: CliWorld,
  fleet: Fleet,
  options: Parameters<typeof drainTimes>[1],
): Promise<DrainTimes> {
  const abort = new AbortController();
  const stopListening = world.onInterrupt(() => abort.abort());
  const display = shareDisplay("drain", world.stderr);
  const breathe = breather();
  try {
    return await drainTimes(fleet, {
      ...options,
      signal: abort.signal,
      onProgress: (share) => {
        display.update(share, "simulated");
        return breathe();
      },
    });
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    throw new InterruptedError("interrupted; nothing was written", null);
  } finally {
    display.stop();
    stopListening();
  }
}

function drainReport(fleet: Fleet, { host, deadlineNs, ways }: DrainTimes): DrainReport {
  const [own] = ways;
  const hostName = (index: number): string => fleet.hosts[index]?.name ?? "-";
  return {
    subject: hostName(host),
    deadlineMs: deadlineNs === null ? null : toMilliseconds(deadlineNs),
    moves: (own?.moves ?? [])
      .filter(({ from }) => from === host)
      .map(({ vm, from, to, startNs, endNs, downtimeNs, outcome, reason }) => ({
        ...{ vm: fleet.vms.name(vm), from: hostName(from), to: hostName(to), outcome, reason },
        startMs: toMilliseconds(startNs),
        endMs: toMilliseconds(endNs),
        downtimeMs: toMilliseconds(downtimeNs),
      })),
    emptied: ways.map(({ name, emptiedNs }) => ({ name, valuesMs: emptiedNs.map(toMilliseconds) })),
    left: (own?.plan.plan.refusals ?? []).map(({ vm, because }) => ({
      vm: vm === null ? "-" : fleet.vms.name(vm),
      because,
    })),
  };
}

/** The result for people. */
function drainText(report: DrainReport, { ways }: DrainTimes): string {
  const parts = [`${printable(drainLine(report))}\n`];
  const plan = ways[0]?.plan;
  if (plan !== undefined && report.moves.length > 0) {
    const { order, limits } = plan;
    parts.push(`godwit's plan: ${order.replaceAll("-", " ")}, ${limits.perSource} at once\n`);
  }
  parts.push(drawTable(emptiedTable(report), [0]));
  parts.push(drawTable(drainMoveTable(report, MOST_MOVES), [0, 1]));
  const reasons = reasonLines(leftReasons(report), MOST_REASONS);
  if (reasons.length > 0) parts.push(`What stays:\n${reasons.map(printable).join("\n")}\n`);
  return parts.join("\n");
}

function isInTime({ ways, deadlineNs }: DrainTimes): boolean {
  const emptied = ways[0]?.emptiedNs ?? [];
  const inTime = emptied.filter((ns) => ns <= (deadlineNs ?? Number.MAX_VALUE));
  return inTime.length >= ENOUGH * emptied.length;
}

/** JSON knows no Infinity; a run in which the host was not emptied has no time. */
function nullForNever(_key: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? null : value;
}

function hostNamed({ hosts }: Fleet, name: string): number {
  const index = hosts.findIndex((host) => host.name === name);
  if (index >= 0) return index;
  const names = hosts.slice(0, 10_000).map((host) => host.name);
  const near = nearestName(name, names);
  const expected = near === null ? "the name of a host" : `the name of a host; perhaps ${near}?`;
  throw new InvalidOptionError("--host", name, expected);
}

function notConverging(text: string): NotConverging {
  const found = NOT_CONVERGING.find((known) => known === text);
  if (found) return found;
  throw new InvalidOptionError("--if-not-converging", text, `one of ${NOT_CONVERGING.join(", ")}`);
}

function countOf(option: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= most) return count;
  throw new InvalidOptionError(option, text, `a whole number, 1 to ${most}`);
}
