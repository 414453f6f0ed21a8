import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { PeerFailedError } from "../errors.js";
import { cached } from "../files/cache-folder.js";
import { type LinuxGuestFiles, linuxGuestFiles } from "../files/linux-guest-files.js";
import { type MachineImage, putImage, takeImage } from "../machine/machine-image.js";
import { V86_VERSION } from "../machine/v86/layout.js";
import { LINUX_COMMAND_LINE } from "../machine/v86/linux-guest.js";
import type { V86Network } from "../machine/v86/options.js";
import { STATE_VERSION } from "../machine/v86/state-codec.js";
import { V86Machine } from "../machine/v86/v86-machine.js";
import type { Bytes } from "../units.js";

/** A Linux machine that has booted. */
export interface BootedLinuxOptions {
  /** Whole MiB, 40 at least. */
  readonly memoryBytes: Bytes;
  /** Its network card; null for none. */
  readonly network?: V86Network | null;
  /** The card's address, such as `10.0.0.2/24`. */
  readonly address?: string;
}

/** Another number when what is kept changes its form, or the boot. */
const RECIPE = 1;
const FILES = ["image.json", "state.gz", "pages.gz"] as const;
/** What the guest writes when it waits for input. */
const PROMPT = "/ # ";

/**
 * Debian's Linux (see {@link linuxGuestFiles}) as it waits at its shell. A boot takes some ten seconds, so it is
 * done once, and the machine kept in the user's cache; all that come of it have one hardware address and the same
 * secrets, so they are for tests and demonstrations.
 *
 * @returns A machine that stands.
 */
export async function bootedLinux(options: BootedLinuxOptions): Promise<V86Machine> {
  const guest = await linuxGuestFiles();
  const files = await cached(keyOf(guest, options), FILES, async () => {
    const machine = await boot(guest, options);
    try {
      return await packed(await takeImage(machine));
    } finally {
      machine.destroy();
    }
  });
  const machine = await V86Machine.create(hardwareOf(options));
  await putImage(machine, await unpacked(files));
  return machine;
}

function hardwareOf({ memoryBytes, network = null }: BootedLinuxOptions) {
  return { memoryBytes, network };
}

/** All that the image depends on. */
function keyOf(guest: LinuxGuestFiles, options: BootedLinuxOptions): string {
  const hash = createHash("sha256");
  const versions = [RECIPE, V86_VERSION, STATE_VERSION];
  const settings = [versions, LINUX_COMMAND_LINE, hardwareOf(options), wordsOf(options)];
  hash.update(JSON.stringify(settings)).update(guest.vmlinux).update(guest.initramfs);
  return `linux-booted-${hash.digest("hex").slice(0, 32)}`;
}

function wordsOf({ address }: BootedLinuxOptions): string {
  // Its solicitations would speak up on the network at moments that nobody chose.
  return address === undefined ? "" : `net=${address} ipv6.disable=1`;
}

/** Boots it to its prompt, and stops it there. */
async function boot(guest: LinuxGuestFiles, options: BootedLinuxOptions): Promise<V86Machine> {
  const linux = { ...guest, commandLine: wordsOf(options) };
  const machine = await V86Machine.create({ ...hardwareOf(options), guest: { linux } });
  let written = "";
  const isUp = new Promise<void>((resolve, reject) => {
    machine.onFailure((cause) => reject(new PeerFailedError("linux", "it failed", { cause })));
    machine.onSerial((byte) => {
      written += String.fromCharCode(byte);
      if (written.includes("Kernel panic")) {
        reject(new PeerFailedError("linux", `it does not boot: ${written.slice(-1000)}`));
      }
      if (written.includes("READY") && written.includes(PROMPT)) resolve();
    });
  });
  await machine.resume();
  await isUp;
  await machine.pause();
  return machine;
}

async function packed(image: MachineImage) {
  const { state, pages, ...rest } = image;
  const compress = promisify(gzip);
  return {
    "image.json": Buffer.from(JSON.stringify(rest)),
    // Most of it is text and tables: the fastest level makes a third of it.
    "state.gz": await compress(state, { level: 1 }),
    "pages.gz": await compress(pages, { level: 1 }),
  };
}

async function unpacked(
  files: Readonly<Record<(typeof FILES)[number], Uint8Array>>,
): Promise<MachineImage> {
  const rest = JSON.parse(Buffer.from(files["image.json"]).toString());
  const expand = promisify(gunzip);
  return {
    ...(rest as Pick<MachineImage, "kind" | "configuration" | "runs">),
    state: await expand(files["state.gz"]),
    pages: await expand(files["pages.gz"]),
  };
}
