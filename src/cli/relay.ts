import { resolve } from "node:path";
import type { Command } from "commander";
import { type MemoryComparison, type RelayReport, relay } from "../node.js";
import { formatBytes, formatCount, formatDuration, formatRate } from "../quantity-text.js";
import { parseRate } from "../scenario/quantities.js";
import { runLive } from "./live-session.js";
import { pagesText } from "./page-words.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const EXAMPLES = `
Example: a target waits on one socket, the relay on another, and the source migrates to the relay.
  $ godwit relay --listen unix:/tmp/relay --to unix:/tmp/target --record recording --max-bandwidth 1Gbit/s
  (qemu) migrate unix:/tmp/relay

A monitor serves one client at a time: give QEMU one for godwit, -qmp unix:PATH,server=on,wait=off.
Exit codes: 0 done, 1 usage, 3 broke off or memory differs, 130 interrupted.`;

interface RelayFlags {
  readonly listen: string;
  readonly to: string;
  readonly record?: string;
  readonly maxBandwidth?: string;
  readonly sourceQmp?: string;
  readonly targetQmp?: string;
  readonly json?: boolean;
}

const NAMES = {
  listen: "--listen",
  to: "--to",
  record: "--record",
  qmp: "--source-qmp or --target-qmp",
};

/** `godwit relay`: stands between two QEMUs. */
export function addRelayCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  program
    .command("relay")
    .summary("stand between two QEMUs, record, limit and compare")
    .description(
      "Carries a migration from one QEMU to another, all its channels both ways, and tells what passes.",
    )
    .requiredOption(
      "--listen <URI>",
      "where the source is to migrate to: unix:PATH or tcp:HOST:PORT",
    )
    .requiredOption("--to <URI>", "where the target waits")
    .option("--record <DIR>", "record every channel in a new folder, both ways")
    .option("--max-bandwidth <RATE>", "most that passes from the source, all channels together")
    .option("--source-qmp <SOCKET>", "monitor of the source: compare its memory with what passed")
    .option("--target-qmp <SOCKET>", "monitor of the target (started with -S): likewise")
    .option("--json", "print the report as JSON and nothing else")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: RelayFlags) => {
      exit(await runRelay(world, flags));
    });
}

async function runRelay(world: CliWorld, flags: RelayFlags): Promise<ExitCode> {
  const { listen, to, record, sourceQmp, targetQmp, maxBandwidth, json } = flags;
  const rate = maxBandwidth === undefined ? undefined : parseRate("--max-bandwidth", maxBandwidth);
  const report = await runLive(world, NAMES, ({ signal, say, show }) =>
    relay({
      listen,
      to,
      signal,
      ...(record === undefined ? {} : { record: resolve(world.folder, record) }),
      ...(rate === undefined ? {} : { maxBandwidth: rate }),
      ...(sourceQmp === undefined ? {} : { sourceQmp }),
      ...(targetQmp === undefined ? {} : { targetQmp }),
      onListening: (address) => say(`waiting for a migration to ${address}`),
      onProgress: ({ elapsedMs, channels, contents }) => {
        const bytes = channels.reduce((sum, channel) => sum + channel.bytes, 0);
        const mean = formatRate((1000 * bytes) / Math.max(1, elapsedMs));
        show(`${formatBytes(bytes)}, ${mean}; pages: ${pagesText(contents.pages)}`);
      },
    }),
  );
  if (json === true) world.stdout.write(`${JSON.stringify(report)}\n`);
  else world.stdout.write(`${relayText(report).join("\n")}\n`);
  return isGood(report) ? EXIT.done : EXIT.failed;
}

function relayText({ channels, contents, elapsedMs, source, target }: RelayReport): string[] {
  const lines = channels.map(
    ({ bytes, returnBytes, isCut }, index) =>
      `channel ${index}: ${formatBytes(bytes)} there, ${formatBytes(returnBytes)} back${isCut ? ", cut off" : ""}`,
  );
  const how = contents.isPostcopy ? "post-copy" : "pre-copy";
  lines.push(
    contents.isComplete
      ? `${how} of a ${contents.machineType ?? "machine"}, complete after ${formatDuration(elapsedMs)}`
      : `the migration broke off after ${formatDuration(elapsedMs)}`,
    `pages: ${pagesText(contents.pages)}`,
  );
  if (contents.problem !== null) lines.push(`what passed was not understood: ${contents.problem}`);
  if (source !== null) lines.push(comparisonText("source", source));
  if (target !== null) lines.push(comparisonText("target", target));
  if (source !== null && source.differingPages > 0 && target?.differingPages === 0)
    lines.push(
      "The source did not send the last version of these pages: its QEMU lost track of them.",
    );
  return lines;
}

function comparisonText(side: string, { comparedPages, differingPages }: MemoryComparison): string {
  if (comparedPages === null) return `the ${side}'s guest runs, so its memory was not compared`;
  if (differingPages === 0)
    return `the ${side}'s memory is what passed: all ${formatCount(comparedPages)} pages`;
  return `the ${side}'s memory differs from what passed in ${formatCount(differingPages)} of ${formatCount(comparedPages)} pages`;
}

function isGood({ contents, source, target }: RelayReport): boolean {
  const differing = (source?.differingPages ?? 0) + (target?.differingPages ?? 0);
  return contents.isComplete && contents.problem === null && differing === 0;
}
