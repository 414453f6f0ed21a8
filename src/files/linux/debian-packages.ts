import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { PeerFailedError } from "../../errors.js";

const run = promisify(execFile);
const MIRROR = "http://deb.debian.org/debian";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const TIMEOUT_MS = 10 * 60_000;
const MAX_OUTPUT = 2 ** 24;

/** Whether packages can be fetched here: apt-get and dpkg-deb are there, and the keys that Debian signs with. */
export function canFetchPackages(): boolean {
  return ["/usr/bin/apt-get", "/usr/bin/dpkg-deb", KEYRING].every((path) => existsSync(path));
}

/** Packages of one Debian release and architecture, whatever the system's own are. */
export interface PackageSource {
  /** Downloads a package, checked by its signature, and answers the path of its file. */
  download(name: string): Promise<string>;
  /** The first package that a package depends on. */
  firstDependency(name: string): Promise<string>;
}

/**
 * Reads Debian's list of packages into a folder; nothing of the system's own lists is read or changed, so
 * anybody may.
 *
 * @throws PeerFailedError when Debian's server cannot be reached, or what it sends is not signed by Debian.
 */
export async function openPackageSource(
  folder: string,
  release: string,
  architecture: string,
): Promise<PackageSource> {
  const [lists, cache, downloads] = ["lists", "cache", "downloads"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  for (const path of [join(lists, "partial"), join(cache, "archives/partial"), downloads]) {
    await mkdir(path, { recursive: true });
  }
  const [sources, status] = [join(folder, "sources.list"), join(folder, "status")];
  await writeFile(
    sources,
    `deb [arch=${architecture} signed-by=${KEYRING}] ${MIRROR} ${release} main\n`,
  );
  await writeFile(status, "");
  const settings = {
    "Dir::State": folder,
    "Dir::State::lists": lists,
    "Dir::State::status": status,
    "Dir::Cache": cache,
    "Dir::Etc::sourcelist": sources,
    "Dir::Etc::sourceparts": "-",
    "Dir::Etc::preferencesparts": "-",
    "Dir::Etc::preferences": "-",
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    // As root, apt would hand the download to a user who may not write here.
    "APT::Sandbox::User": "",
    "Acquire::Languages": "none",
    "Acquire::Retries": "2",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const apt = (program: string, ...args: string[]) =>
    runApt(program, [...options, ...args], downloads);
  await apt("apt-get", "update");
  return {
    async download(name) {
      const before = new Set(await readdir(downloads));
      await apt("apt-get", "download", name);
      const file = (await readdir(downloads)).find((file) => !before.has(file));
      if (file === undefined)
        throw new PeerFailedError(MIRROR, `apt-get download ${name} brought nothing`);
      return join(downloads, file);
    },
    async firstDependency(name) {
      const text = await apt("apt-cache", "depends", "--important", name);
      const found = /Depends: (\S+)/.exec(text)?.[1];
      if (found === undefined)
        throw new PeerFailedError(MIRROR, `${release} has no package ${name}`);
      return found;
    },
  };
}

async function runApt(program: string, args: string[], folder: string): Promise<string> {
  const env = { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
  try {
    const options = { cwd: folder, env, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT };
    return (await run(program, args, options)).stdout;
  } catch (cause) {
    const { stderr = "", message } = cause as Error & { stderr?: string };
    const errors = stderr.split("\n").filter((line) => /^[EW]:/.test(line));
    const reason = errors.join(" ") || message;
    throw new PeerFailedError(MIRROR, `${program} failed: ${reason}`, { cause });
  }
}

/** Unpacks a package into a folder. */
export async function unpackPackage(file: string, folder: string): Promise<void> {
  await run("dpkg-deb", ["-x", file, folder], { timeout: TIMEOUT_MS });
}
