import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { InvalidOptionError } from "../errors.js";
import {
  type LinuxGuestFiles,
  linuxGuestFiles,
  linuxGuestProblem,
} from "../files/linux-guest-files.js";
import { packageVersion } from "../files/package-version.js";
import { TabPlace } from "../host/tab-place.js";
import { parseCount } from "../scenario/quantities.js";
import { eventText } from "./host.js";
import { servePage } from "./page-server.js";
import { findV86 } from "./page-site.js";
import { printable } from "./printable.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const NOTES = `
Open the address in a browser: start a PC, open the address in another tab, and move the PC there,
to this server, and back, while it runs. Only this computer can reach the page, and whoever gets it
may move machines here. Needs the package v86 (npm install v86). Ctrl-C ends the server, with its machines.

Examples:
  $ godwit page                 on a port that the system chooses
  $ godwit page --port 8086
  $ godwit page --no-isolation  as on a site that cannot share memory between threads

Exit codes: 0 done, 1 usage.`;

const MAX_PORT = 65_535;

interface PageFlags {
  readonly port: string;
  readonly isolation: boolean;
}

/** `godwit page`: a page with a PC that moves between tabs and this server. */
export function addPageCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  program
    .command("page")
    .summary("serve a page with a PC that moves between tabs")
    .description(
      "Serves a page, on this computer only, with a running PC that moves to another tab, to this server, and back.",
    )
    .option("--port <PORT>", "port to serve it on; 0: one that the system chooses", "0")
    .option("--no-isolation", "serve it without cross-origin isolation, so without shared memory")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", NOTES)
    .action(async (flags: PageFlags) => {
      exit(await runPage(world, flags));
    });
}

async function runPage(world: CliWorld, flags: PageFlags): Promise<ExitCode> {
  const port = parseCount("--port", flags.port, 0, MAX_PORT);
  const say = (text: string): unknown => world.stderr.write(`godwit: ${printable(text)}\n`);
  const v86Folder = findV86();
  const v86Problem = v86Folder === null ? NO_V86 : null;
  const linux = linuxGuestProblem() === null ? LINUX_PATHS : null;
  const welcome = { token: newToken(), version: packageVersion(), v86Problem, linux };
  const site = { welcome, isolated: flags.isolation, v86Folder, extra: linuxFiles() };
  const place = await TabPlace.open(welcome.token, (event) => say(eventText(event)));
  const server = await servePage(port, site, (...upgrade) => place.take(...upgrade)).catch(
    (error: InvalidOptionError) => {
      throw new InvalidOptionError("--port", error.value, error.expected, { cause: error });
    },
  );
  await place.begin(server.url.replace(/^http/, "ws").replace(/\/$/, ""));
  if (v86Problem !== null) say(v86Problem);
  world.stdout.write(`The page is at ${server.url}\n`);
  await new Promise<void>((resolve) => {
    const stopListening = world.onInterrupt(() => {
      stopListening();
      resolve();
    });
  });
  await place.close();
  await server.close();
  return EXIT.done;
}

const NO_V86 =
  "The PC is emulated by v86, which is not installed beside godwit: npm install v86@0.5.462, then start `godwit page` again.";

/** Where the page finds Linux's files. */
const LINUX_PATHS = { vmlinux: "/linux/vmlinux", initramfs: "/linux/initramfs" };

/** Linux's files, fetched from Debian when somebody first asks for one. */
function linuxFiles(): ReadonlyMap<string, () => Promise<Uint8Array>> {
  let fetched: Promise<LinuxGuestFiles> | undefined;
  const files = (): Promise<LinuxGuestFiles> => {
    fetched ??= linuxGuestFiles().catch((error) => {
      fetched = undefined;
      throw error;
    });
    return fetched;
  };
  return new Map([
    [LINUX_PATHS.vmlinux, async () => (await files()).vmlinux],
    [LINUX_PATHS.initramfs, async () => (await files()).initramfs],
  ]);
}

/** A secret of 256 bits. */
function newToken(): string {
  return randomBytes(32).toString("base64url");
}
