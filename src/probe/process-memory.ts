import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { InvalidOptionError, PeerFailedError } from "../errors.js";
import { type Bytes, PAGE_SIZE, type PageCount, type PageIndex } from "../units.js";
import { chooseRegion, type MemoryRegion, parseMaps } from "./process-maps.js";

/** Bytes of an entry of /proc/PID/pagemap, little-endian. */
const ENTRY_BYTES = 8;
/** Entries that are read at a time: a MiB. */
const ENTRIES = 2 ** 17;
/** Bit 63, in the high half of an entry: the page is there. */
const PRESENT = 0x8000_0000;
/** Bit 55: the page was written since soft-dirty bits were cleared. */
export const SOFT_DIRTY = 0x0080_0000;

/**
 * The memory of another process, read through /proc without stopping it. Pages that are not there (never
 * touched, or swapped out) are not read, since that would bring them in.
 */
export class ProcessMemory {
  readonly pid: number;
  readonly region: MemoryRegion;
  readonly #proc: string;
  readonly #memory: number;
  readonly #pagemap: number;
  #bytesRead: Bytes = 0;

  private constructor(
    pid: number,
    proc: string,
    region: MemoryRegion,
    memory: number,
    pagemap: number,
  ) {
    this.pid = pid;
    this.#proc = proc;
    this.region = region;
    this.#memory = memory;
    this.#pagemap = pagemap;
  }

  /**
   * @param region - `auto` or an address range; with `guestBytes`, see {@link chooseRegion}.
   * @param proc - Where the kernel shows its processes; tests have their own.
   * @throws InvalidOptionError when there is no such process, or it may not be read.
   */
  static open(
    pid: number,
    region = "auto",
    guestBytes: Bytes | null = null,
    proc = "/proc",
  ): ProcessMemory {
    if (!Number.isInteger(pid) || pid < 1 || pid > 2 ** 31) {
      throw new InvalidOptionError("pid", pid, "the number of a process, 1 or more");
    }
    const path = (name: string): string => `${proc}/${pid}/${name}`;
    const opened: number[] = [];
    const open = (name: string): number => {
      const file = openSync(path(name), "r");
      opened.push(file);
      return file;
    };
    try {
      const regions = parseMaps(readFileSync(path("maps"), "latin1"));
      const chosen = chooseRegion(regions, region, guestBytes);
      return new ProcessMemory(pid, proc, chosen, open("mem"), open("pagemap"));
    } catch (cause) {
      for (const file of opened) closeSync(file);
      throw cause instanceof InvalidOptionError ? cause : refusal(pid, cause);
    }
  }

  /** Path of one of the process's files in /proc. */
  pathOf(name: string): string {
    return `${this.#proc}/${this.pid}/${name}`;
  }

  get pages(): PageCount {
    return this.region.bytes / PAGE_SIZE;
  }

  /** Bytes read from the process's memory so far. */
  get bytesRead(): Bytes {
    return this.#bytesRead;
  }

  /** Calls back with each page of the region that is there, and the high half of its entry. */
  eachPresent(callback: (page: PageIndex, high: number) => void): void {
    const entries = new Uint32Array(2 * Math.min(ENTRIES, this.pages));
    const bytes = new Uint8Array(entries.buffer);
    const first = this.region.start / PAGE_SIZE;
    for (let from = 0; from < this.pages; from += ENTRIES) {
      const count = Math.min(ENTRIES, this.pages - from);
      const wanted = count * ENTRY_BYTES;
      this.#fill(this.#pagemap, bytes.subarray(0, wanted), (first + from) * ENTRY_BYTES);
      for (let index = 0; index < count; index++) {
        const high = entries[2 * index + 1] ?? 0;
        if ((high & PRESENT) !== 0) callback(from + index, high);
      }
    }
  }

  /** Reads `count` pages from `page` of the region on. */
  read(page: PageIndex, count: PageCount, into: Uint8Array): void {
    const wanted = into.subarray(0, count * PAGE_SIZE);
    this.#fill(this.#memory, wanted, this.region.start + page * PAGE_SIZE);
    this.#bytesRead += wanted.length;
  }

  close(): void {
    closeSync(this.#memory);
    closeSync(this.#pagemap);
  }

  #fill(file: number, into: Uint8Array, at: number): void {
    for (let filled = 0; filled < into.length; ) {
      let count = 0;
      try {
        count = readSync(file, into, filled, into.length - filled, at + filled);
      } catch (cause) {
        throw this.lost(cause);
      }
      if (count === 0) throw this.lost(null);
      filled += count;
    }
  }

  /** What to say when the process could not be read any more. */
  lost(cause: unknown): PeerFailedError {
    const code = (cause as NodeJS.ErrnoException | null)?.code;
    // Of a process that has ended, nothing is left to read.
    const hasEnded = cause === null || code === "ESRCH" || !isThere(this.pathOf("maps"));
    const reason = hasEnded
      ? "it ended while it was observed"
      : `its memory cannot be read any more; the mapping changed, or the system answers ${code}`;
    return new PeerFailedError(`process ${this.pid}`, reason, { cause });
  }
}

function isThere(maps: string): boolean {
  try {
    return readFileSync(maps).length > 0;
  } catch {
    return false;
  }
}

function refusal(pid: number, cause: unknown): InvalidOptionError {
  const code = (cause as NodeJS.ErrnoException).code;
  const reasons: Record<string, string> = {
    ENOENT: "a process that runs here, on Linux; there is none with this number",
    ESRCH: "a process that runs; this one has ended",
    EACCES:
      "a process that may be read: run godwit as root, or as the same user where kernel.yama.ptrace_scope is 0",
  };
  reasons["EPERM"] = reasons["EACCES"] ?? "";
  const expected = reasons[code ?? ""] ?? `a process that can be read; the system answers ${code}`;
  return new InvalidOptionError("pid", pid, expected, { cause });
}
