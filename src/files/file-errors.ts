import { accessSync, constants, type Stats, statSync } from "node:fs";
import { InvalidOptionError, isGodwitError } from "../errors.js";

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
  ENOTEMPTY: "it is not empty",
  EEXIST: "it exists already",
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
    throw fileRefusal(option, path, expected, cause);
  }
}

/** What to throw for an error of the file system; any other error is answered as it is. */
export function fileRefusal(
  option: string,
  path: string,
  expected: string,
  cause: unknown,
): unknown {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === undefined || isGodwitError(cause)) return cause;
  const reason = REASONS[code] ?? `the system answers ${code}`;
  return new InvalidOptionError(option, path, `${expected}; ${reason}`, { cause });
}
