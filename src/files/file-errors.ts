import { accessSync, constants, type Stats, statSync } from "node:fs";
import { InvalidOptionError } from "../errors.js";

/** What the file system says of a path that an option named. */
export function statOf(
  option: string,
  path: string,
  expected: string,
  shown: string = path,
): Stats {
  return attempt(option, shown, expected, () => statSync(path));
}

/** Refuses what is no regular file, or one that this process may not read; answers what the file system says of it. */
export function statOfReadable(
  option: string,
  path: string,
  expected: string,
  shown: string = path,
): Stats {
  const status = statOf(option, path, expected, shown);
  if (!status.isFile()) {
    throw new InvalidOptionError(option, shown, `${expected}; it is not a regular file`);
  }
  attempt(option, shown, "a file that can be read", () => accessSync(path, constants.R_OK));
  return status;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  ENOTDIR: "part of the path is not a folder",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
};

/** Turns an error of the file system into one about the option that named the path. */
export function attempt<T>(option: string, path: string, expected: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === undefined) throw cause;
    const reason = REASONS[code] ?? `the system answers ${code}`;
    throw new InvalidOptionError(option, path, `${expected}; ${reason}`, { cause });
  }
}
