import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";

/**
 * The process that listens at a Unix socket, found in /proc; null when it cannot be told (another
 * machine's, another user's, or no socket).
 */
export function socketOwner(path: string): number | null {
  const inode = listeningInode(path);
  if (inode === null) return null;
  const link = `socket:[${inode}]`;
  const owners = entries("/proc").filter(
    (pid) =>
      /^\d+$/.test(pid) &&
      entries(`/proc/${pid}/fd`).some((file) => linkOf(`/proc/${pid}/fd/${file}`) === link),
  );
  // A child that inherited the socket makes it two; then nobody can tell.
  return owners.length === 1 ? Number(owners[0]) : null;
}

/** /proc/net/unix: address, references, protocol, flags (bit 16: listens), type, state, inode, path as it was bound. */
function listeningInode(path: string): string | null {
  const LINE = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (.*)$/gm;
  const real = attempt(() => realpathSync(path)) ?? path;
  const found = [...(attempt(() => readFileSync("/proc/net/unix", "utf8")) ?? "").matchAll(LINE)]
    .filter(([, flags = ""]) => (Number.parseInt(flags, 16) & 0x10000) !== 0)
    .filter(([, , , bound = ""]) => bound === path || bound === real);
  return found.length === 1 ? (found[0]?.[2] ?? null) : null;
}

function entries(folder: string): string[] {
  return attempt(() => readdirSync(folder)) ?? [];
}

function linkOf(path: string): string | null {
  return attempt(() => readlinkSync(path));
}

function attempt<T>(action: () => T): T | null {
  try {
    return action();
  } catch {
    return null;
  }
}
