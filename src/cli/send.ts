import { resolve } from "node:path";
import type { Command } from "commander";
import { type SendReport, send } from "../node.js";
import { formatBytes, formatCount, formatDuration } from "../quantity-text.js";
import { parseRate } from "../scenario/quantities.js";
import { runLive } from "./live-session.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const EXAMPLES = `
Example: a stored guest goes on at once in a QEMU that was started as its first one was.
  $ qemu-system-x86_64 ... -incoming defer -monitor stdio
  (qemu) migrate_set_capability postcopy-ram on
  (qemu) migrate_incoming unix:/tmp/target
  $ godwit send vm --to unix:/tmp/target --post-copy

The folder stays: it can be sent again. Do not let two copies run at once.
Exit codes: 0 done, 1 usage, 3 the target failed, 130 interrupted.`;

interface SendFlags {
  readonly to: string;
  readonly postCopy?: boolean;
  readonly maxBandwidth?: string;
  readonly json?: boolean;
}

const NAMES = { store: "DIR", to: "--to" };

/** `godwit send`: a stored guest goes on in a QEMU. */
export function addSendCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  program
    .command("send")
    .summary("send a stored guest into a waiting QEMU")
    .description("Sends a guest that godwit stored into a QEMU that waits for a migration.")
    .argument("<DIR>", "folder of the guest")
    .requiredOption("--to <URI>", "where the QEMU waits: unix:PATH or tcp:HOST:PORT")
    .option("--post-copy", "let the guest run at once, and its pages follow")
    .option("--max-bandwidth <RATE>", "limit; pages that the guest waits for are not held back")
    .option("--json", "print the report as JSON and nothing else")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (store: string, flags: SendFlags) => {
      exit(await runSend(world, store, flags));
    });
}

async function runSend(world: CliWorld, store: string, flags: SendFlags): Promise<ExitCode> {
  const { to, postCopy = false, maxBandwidth, json } = flags;
  const rate = maxBandwidth === undefined ? undefined : parseRate("--max-bandwidth", maxBandwidth);
  const report = await runLive(world, NAMES, ({ signal, show }) =>
    send({
      store: resolve(world.folder, store),
      to,
      postCopy,
      signal,
      ...(rate === undefined ? {} : { maxBandwidth: rate }),
      onProgress: ({ bytes, sentPages, totalPages }) =>
        show(
          `${formatCount(sentPages)} of ${formatCount(totalPages)} pages, ${formatBytes(bytes)}`,
        ),
    }),
  );
  if (json === true) world.stdout.write(`${JSON.stringify(report)}\n`);
  else world.stdout.write(`${sendText(report, postCopy).join("\n")}\n`);
  return EXIT.done;
}

function sendText(report: SendReport, postCopy: boolean): string[] {
  const { bytes, sentPages, elapsedMs, devicesLoadedMs, requestedPages } = report;
  const lines = [
    `sent ${formatCount(sentPages)} pages, ${formatBytes(bytes)}, in ${formatDuration(elapsedMs)}; the target has them`,
  ];
  if (postCopy && devicesLoadedMs !== null) {
    lines.push(
      `the guest was ready to run after ${formatDuration(devicesLoadedMs)}, and asked for ${formatCount(requestedPages)} pages`,
    );
  }
  return lines;
}
