import { resolve } from "node:path";
import type { Command } from "commander";
import { type ReceiveReport, receive } from "../node.js";
import { formatBytes, formatDuration } from "../quantity-text.js";
import { parseCount } from "../scenario/quantities.js";
import { runLive } from "./live-session.js";
import { pagesText } from "./page-words.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const EXAMPLES = `
Example: godwit takes a guest in; the source waits until it is on the disk.
  $ godwit receive --listen unix:/tmp/godwit --store vm
  (qemu) migrate_set_capability return-path on
  (qemu) migrate unix:/tmp/godwit

After a broken link of a post-copy, migrate to the same address again (migrate -r).
Exit codes: 0 done, 1 usage, 3 the source broke off, 130 interrupted.`;

interface ReceiveFlags {
  readonly listen: string;
  readonly store: string;
  readonly requestPages: string;
  readonly json?: boolean;
}

const NAMES = { listen: "--listen", store: "--store" };
const MAX_REQUESTS = 100_000;

/** `godwit receive`: a QEMU migrates into a folder. */
export function addReceiveCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  program
    .command("receive")
    .summary("take a guest of QEMU in and store it")
    .description(
      "Takes one migration of a QEMU in and stores the guest: its memory, its devices, ready to be sent on.",
    )
    .requiredOption("--listen <URI>", "where QEMU is to migrate to: unix:PATH or tcp:HOST:PORT")
    .requiredOption("--store <DIR>", "new folder for the guest; it appears when all is on the disk")
    .option("--request-pages <N>", "pages to ask for at once when a post-copy begins", "0")
    .option("--json", "print the report as JSON and nothing else")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: ReceiveFlags) => {
      exit(await runReceive(world, flags));
    });
}

async function runReceive(world: CliWorld, flags: ReceiveFlags): Promise<ExitCode> {
  const { listen, store, json } = flags;
  const requestPages = parseCount("--request-pages", flags.requestPages, 0, MAX_REQUESTS);
  let phase = "waiting";
  const report = await runLive(world, NAMES, ({ signal, say, show }) =>
    receive({
      listen,
      store: resolve(world.folder, store),
      requestPages,
      signal,
      onListening: (address) => say(`waiting for a migration to ${address}`),
      onProgress: (progress) => {
        if (progress.phase !== phase && progress.phase === "broken")
          say("the link broke; waiting for the source to resume");
        phase = progress.phase;
        const bytes = progress.channelBytes.reduce((sum, count) => sum + count, 0);
        const missing = progress.missing > 0 ? `; ${progress.missing} pages missing` : "";
        show(`${phase}: ${formatBytes(bytes)}; pages: ${pagesText(progress.pages)}${missing}`);
      },
    }),
  );
  if (json === true) world.stdout.write(`${JSON.stringify(report)}\n`);
  else world.stdout.write(`${receiveText(report, store).join("\n")}\n`);
  return EXIT.done;
}

function receiveText(report: ReceiveReport, store: string): string[] {
  const { manifest, elapsedMs, channelBytes, pages, recoveries, requestedPages } = report;
  const memory = manifest.blocks.reduce((sum, { length }) => sum + length, 0);
  const bytes = channelBytes.reduce((sum, count) => sum + count, 0);
  const lines = [
    `stored a ${manifest.machineType} with ${formatBytes(memory)} of memory in ${store}`,
    `${manifest.arrivedBy}: ${formatBytes(bytes)} over ${channelBytes.length} ${channelBytes.length === 1 ? "connection" : "connections"} in ${formatDuration(elapsedMs)}`,
    `pages: ${pagesText(pages)}`,
  ];
  if (requestedPages > 0) lines.push(`pages asked for: ${requestedPages}`);
  if (recoveries > 0) lines.push(`broken links taken up again: ${recoveries}`);
  if (!report.isAcknowledged)
    lines.push(
      "The source did not wait to hear that the guest is on the disk: turn on its capability return-path.",
    );
  return lines;
}
