import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileRefusal } from "./file-errors.js";

const SUMS = "SHA256SUMS";
const EXPECTED = "a folder for what is fetched or made once";

/** Where godwit keeps what can be made again: `$XDG_CACHE_HOME/godwit`, or `~/.cache/godwit`. */
export function cacheFolder(): string {
  const named = process.env["XDG_CACHE_HOME"];
  // The specification has relative paths ignored.
  return join(named && isAbsolute(named) ? named : join(homedir(), ".cache"), "godwit");
}

/** Files by their names. */
export type CachedFiles<Name extends string> = Readonly<Record<Name, Uint8Array>>;

/**
 * Files that are made once and then kept. What is damaged is made again; several processes may do this at
 * once, and each gets whole files.
 *
 * @param key - Name of their folder in the cache: says all that they depend on.
 * @param make - Makes them; may use the folder that it is given, which is removed afterwards.
 * @throws InvalidOptionError when there is no folder to write to.
 */
export async function cached<Name extends string>(
  key: string,
  names: readonly Name[],
  make: (scratch: string) => Promise<CachedFiles<Name>>,
): Promise<CachedFiles<Name>> {
  const folder = join(cacheFolder(), key);
  const kept = await readChecked(folder, names);
  if (kept !== null) return kept;
  const stage = join(cacheFolder(), `.${key}-${randomUUID()}.partial`);
  const scratch = join(stage, "scratch");
  await refusing(mkdir(scratch, { recursive: true }));
  try {
    const files = await make(scratch);
    await rm(scratch, { recursive: true, force: true });
    await refusing(writeChecked(stage, names, files));
    await replaceFolder(stage, folder);
    return files;
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** The files of a folder if they are all there and are what was written; null otherwise. */
async function readChecked<Name extends string>(
  folder: string,
  names: readonly Name[],
): Promise<CachedFiles<Name> | null> {
  try {
    const sums = await readFile(join(folder, SUMS), "utf8");
    const files = {} as Record<Name, Uint8Array>;
    for (const name of names) files[name] = await readFile(join(folder, name));
    return sumsOf(names, files) === sums ? files : null;
  } catch {
    return null;
  }
}

async function writeChecked<Name extends string>(
  folder: string,
  names: readonly Name[],
  files: CachedFiles<Name>,
): Promise<void> {
  for (const name of names) await writeFile(join(folder, name), files[name]);
  await writeFile(join(folder, SUMS), sumsOf(names, files));
}

/** As `sha256sum` writes and checks it. */
function sumsOf<Name extends string>(names: readonly Name[], files: CachedFiles<Name>): string {
  const line = (name: Name) =>
    `${createHash("sha256").update(files[name]).digest("hex")}  ${name}\n`;
  return names.map(line).join("");
}

/** A folder never gives way to a rename unless it is empty, so the old one is moved aside first. */
async function replaceFolder(stage: string, folder: string): Promise<void> {
  const aside = `${stage}-old`;
  if (existsSync(folder)) await rename(folder, aside).catch(() => undefined);
  // Where another process was faster, its files are as good.
  await rename(stage, folder).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
}

async function refusing<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause) => {
    throw fileRefusal("XDG_CACHE_HOME", cacheFolder(), EXPECTED, cause);
  });
}
