import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InvalidOptionError } from "../errors.js";
import { fileRefusal } from "./file-errors.js";

const EXPECTED = "a new or an empty folder";

/** A folder that is filled under a temporary name and appears, whole, under its own. */
export class StagedFolder {
  /** Where it is while it is filled. */
  readonly stage: string;
  /** Where it will be. */
  readonly path: string;
  readonly #option: string;

  private constructor(option: string, path: string) {
    this.#option = option;
    this.path = path;
    this.stage = join(dirname(path), `.${basename(path)}-${randomUUID()}.partial`);
  }

  /**
   * Begins a folder.
   *
   * @throws InvalidOptionError when the name is taken by anything but an empty folder, or cannot be made.
   */
  static async begin(option: string, path: string): Promise<StagedFolder> {
    const staged = new StagedFolder(option, resolve(path));
    const isTaken = await readdir(staged.path).then(
      (names) => names.length > 0,
      (cause) => {
        if (cause.code === "ENOENT") return false;
        throw fileRefusal(option, path, EXPECTED, cause);
      },
    );
    if (isTaken) throw new InvalidOptionError(option, path, `${EXPECTED}; it is not empty`);
    // Nothing can be renamed to where a file system is mounted, which would show only at the end.
    if (await isMountPoint(staged.path)) {
      throw new InvalidOptionError(option, path, `${EXPECTED}; take one within this file system`);
    }
    await mkdir(staged.stage).catch((cause) => {
      throw fileRefusal(option, path, `${EXPECTED} in a folder that exists`, cause);
    });
    return staged;
  }

  /** A path in it while it is filled. */
  file(name: string): string {
    return join(this.stage, name);
  }

  /** Gives it its name, once what was written is on the disk. */
  async commit(): Promise<void> {
    // A rename is on the disk when the folder that holds the name is.
    await syncFolder(this.stage);
    // Only an empty folder gives way to a rename.
    await rename(this.stage, this.path).catch((cause) => {
      throw fileRefusal(this.#option, this.path, "a name that is still free at the end", cause);
    });
    await syncFolder(dirname(this.path));
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await rm(this.stage, { recursive: true, force: true });
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isMountPoint(path: string): Promise<boolean> {
  const folder = await stat(path).catch(() => null);
  return folder !== null && folder.dev !== (await stat(dirname(path))).dev;
}
