import { InvalidOptionError } from "../errors.js";
import { formatBytes } from "../quantity-text.js";
import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";

/** A stretch of a process's address space. */
export interface MemoryRegion {
  /** First address; a multiple of the page size. */
  readonly start: number;
  readonly bytes: Bytes;
  /** What backs it: the path of a file, a name in brackets or of a memfd, or "" for anonymous memory. */
  readonly backing: string;
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
}

/** Largest region that is observed: 1 TiB. */
const MOST_PAGES: PageCount = 2 ** 28;
/** Mappings beside the guest's memory may have become one with it. */
const NEIGHBOUR_BYTES: Bytes = 2 ** 24;
const LINE = /^([0-9a-f]+)-([0-9a-f]+) ([r-])([w-])([x-])[ps] ([0-9a-f]+) \S+ \d+ *(.*)$/;

/** Reads /proc/PID/maps; mappings that go on where another ends, with the same rights and backing, are one. */
export function parseMaps(text: string): MemoryRegion[] {
  const regions: (MemoryRegion & { readonly next: number })[] = [];
  for (const line of text.split("\n")) {
    const [, from = "", to = "", read, write, execute, offset = "", backing = ""] =
      LINE.exec(line) ?? [];
    const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
    // Above 2^53 is only the kernel's own page for system calls.
    if (read !== "r" || !Number.isSafeInteger(end) || end <= start) continue;
    const [isWritable, isExecutable] = [write === "w", execute === "x"];
    const last = regions.at(-1);
    const isAnonymous = backing === "" || backing.startsWith("[anon");
    const fileOffset = isAnonymous ? 0 : Number.parseInt(offset, 16);
    const goesOn =
      last !== undefined &&
      last.start + last.bytes === start &&
      last.backing === backing &&
      last.isWritable === isWritable &&
      last.isExecutable === isExecutable &&
      (isAnonymous || last.next === fileOffset);
    if (goesOn) regions.pop();
    const first = goesOn ? last.start : start;
    const next = fileOffset + end - start;
    regions.push({ start: first, bytes: end - first, backing, isWritable, isExecutable, next });
  }
  return regions.map(({ next: _, ...region }) => region);
}

/**
 * The region to observe: the one that was asked for, as `ADDR-ADDR` in hexadecimal, or for `auto` the
 * largest writable one that is anonymous, shared memory or huge pages. In a QEMU that is the guest's memory.
 *
 * @param guestBytes - How large the guest's memory is, where that is known: `auto` then looks for just that.
 * @throws InvalidOptionError when there is none, or it lies not within one mapping.
 */
export function chooseRegion(
  regions: readonly MemoryRegion[],
  wanted: string,
  guestBytes: Bytes | null = null,
): MemoryRegion {
  const refuse = (expected: string) => new InvalidOptionError("region", wanted, expected);
  const chosen = wanted === "auto" ? likely(regions, guestBytes) : named(regions, wanted);
  if (chosen === null) {
    throw wanted === "auto"
      ? refuse("a process with memory of its own; this one has none")
      : refuse("auto, or ADDR-ADDR in hexadecimal within one readable mapping of /proc/PID/maps");
  }
  if (chosen.bytes > MOST_PAGES * PAGE_SIZE) {
    throw refuse(`a region of at most 1 TiB; this one has ${formatBytes(chosen.bytes)}`);
  }
  return chosen;
}

function likely(regions: readonly MemoryRegion[], guestBytes: Bytes | null): MemoryRegion | null {
  // Translated code, a GiB of it in a QEMU without KVM, is executable; a guest's memory never is.
  const memories = regions.filter(
    ({ isWritable, isExecutable, backing }) => isWritable && !isExecutable && isMemory(backing),
  );
  const most = guestBytes === null ? Number.POSITIVE_INFINITY : guestBytes + NEIGHBOUR_BYTES;
  return memories
    .filter(({ bytes }) => bytes >= (guestBytes ?? 0) && bytes <= most)
    .reduce<MemoryRegion | null>((a, b) => (a !== null && a.bytes >= b.bytes ? a : b), null);
}

/** Whether a mapping holds memory rather than a file's contents. */
function isMemory(backing: string): boolean {
  return (
    backing === "" ||
    backing === "[heap]" ||
    /^\[anon|^\/memfd:|^\/dev\/(shm|zero|hugepages)|^\/SYSV|hugetlbfs|^anon_inode:/.test(backing)
  );
}

function named(regions: readonly MemoryRegion[], wanted: string): MemoryRegion | null {
  const [, from = "", to = ""] =
    /^(?:0x)?([0-9a-f]{1,13})-(?:0x)?([0-9a-f]{1,13})$/i.exec(wanted) ?? [];
  const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
  if (!(start < end) || start % PAGE_SIZE !== 0 || end % PAGE_SIZE !== 0) return null;
  const around = regions.find((one) => one.start <= start && end <= one.start + one.bytes);
  return around === undefined ? null : { ...around, start, bytes: end - start };
}

/** A region in words. */
export function describeRegion({ start, bytes, backing }: MemoryRegion): string {
  const range = `${start.toString(16)}-${(start + bytes).toString(16)}`;
  return `region ${range}, ${formatBytes(bytes)}${backing === "" ? "" : ` of ${backing}`}`;
}
