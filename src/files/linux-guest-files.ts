import { readdirSync, readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidOptionError, PeerFailedError } from "../errors.js";
import { cached } from "./cache-folder.js";
import { attempt } from "./file-errors.js";
import { canFetchPackages, openPackageSource, unpackPackage } from "./linux/debian-packages.js";
import { buildInitramfs, NETWORK_MODULES } from "./linux/initramfs.js";
import { modulesInOrder } from "./linux/kernel-modules.js";
import { kernelPayload, unpackXz } from "./linux/kernel-payload.js";

/** Kernel and first file system of a Linux guest; see `LinuxGuest` of the v86 machine. */
export interface LinuxGuestFiles {
  readonly vmlinux: Uint8Array;
  readonly initramfs: Uint8Array;
}

/** Environment variable that names a folder with {@link FILES} of one's own. */
const VARIABLE = "GODWIT_LINUX_GUEST";
const FILES = ["vmlinux", "initramfs"] as const;
const EXPECTED = `a folder with a Linux guest: ${FILES[0]}, an uncompressed 32-bit kernel without PAE, and ${FILES[1]}, its initramfs`;

/** The last release of Debian with a 32-bit kernel. */
const RELEASE = "bookworm";
/** Without PAE: a kernel with it reads page directories past what post-copy watches. */
const KERNEL = "linux-image-686";
/** Another number for another recipe, so that nobody keeps what an older godwit made. */
const CACHE_KEY = "linux-guest-2";

/** Why there is no Linux guest to be had here, in words; null when there is one, or it can be fetched. */
export function linuxGuestProblem(): string | null {
  const named = process.env[VARIABLE];
  if (!named) return canFetchPackages() ? null : NO_DEBIAN;
  const isThere = (name: string) =>
    statSync(join(named, name), { throwIfNoEntry: false })?.isFile();
  return FILES.every(isThere) ? null : `${VARIABLE} must name ${EXPECTED}`;
}

const NO_DEBIAN = `${EXPECTED}; only on Debian, with apt-get and dpkg-deb, is it fetched by itself`;

/**
 * Debian's 32-bit Linux with busybox, for a v86 machine. Fetched once from Debian's servers (53 MB), checked by
 * their signatures, prepared, and kept in the user's cache; nothing of the system is changed. The environment
 * variable GODWIT_LINUX_GUEST names a folder with other files instead.
 *
 * @throws InvalidOptionError where there are neither such a folder nor Debian's tools.
 * @throws PeerFailedError when Debian's servers cannot be reached.
 */
export async function linuxGuestFiles(): Promise<LinuxGuestFiles> {
  const named = process.env[VARIABLE];
  if (named) {
    const [vmlinux, initramfs] = FILES.map((name) =>
      attempt(VARIABLE, named, EXPECTED, () => readFileSync(join(named, name))),
    ) as [Buffer, Buffer];
    return { vmlinux, initramfs };
  }
  const files = await cached(CACHE_KEY, FILES, (scratch) => {
    if (!canFetchPackages()) throw new InvalidOptionError(VARIABLE, named, NO_DEBIAN);
    return prepare(scratch);
  });
  return { vmlinux: files.vmlinux, initramfs: files.initramfs };
}

async function prepare(scratch: string) {
  const source = await openPackageSource(scratch, RELEASE, "i386").catch((cause) => {
    if (!(cause instanceof PeerFailedError)) throw cause;
    const reason = `${cause.reason}; ${VARIABLE} may name ${EXPECTED}`;
    throw new PeerFailedError(cause.peer, reason, { cause });
  });
  const tree = join(scratch, "tree");
  // The package of that name only depends on the kernel of the day.
  for (const name of [await source.firstDependency(KERNEL), "busybox-static"]) {
    await unpackPackage(await source.download(name), tree);
  }
  const boot = join(tree, "boot");
  const image = readdirSync(boot).find((name) => name.startsWith("vmlinuz-"));
  if (image === undefined) throw new PeerFailedError(KERNEL, "the package holds no kernel");
  const busybox = await readFile(join(tree, "bin/busybox"));
  const modules = modulesInOrder(join(tree, "lib/modules"), NETWORK_MODULES);
  return {
    vmlinux: await unpackXz(kernelPayload(await readFile(join(boot, image))), scratch),
    initramfs: buildInitramfs(busybox, modules),
  };
}
