import { InvalidOptionError } from "../errors.js";
import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import type { Pointer } from "./exports.js";
import { createKernel, type Kernel } from "./load.js";

/** What whole pages are like. */
export interface PageScanner {
  /**
   * Which pages are all zero: bit k of byte b is page 8 b + k.
   *
   * @param bytes - Whole pages of 4096 bytes, in any memory, shared or not; none are fine.
   * @throws InvalidOptionError when they are not whole pages.
   */
  zeroPages(bytes: Uint8Array): PageBits;
  /** Which pages differ; bits as of {@link PageScanner.zeroPages}, and `a` and `b` are of one length. */
  differing(a: Uint8Array, b: Uint8Array): PageBits;
  /** A 64-bit digest of every page, the same in all environments; see `digestPages` of the kernel. */
  digests(bytes: Uint8Array): BigUint64Array;
}

/** Pages that a scan found. */
export interface PageBits {
  readonly count: PageCount;
  /** An eighth of the pages, rounded up to whole bytes; the bits past the last page are clear. */
  readonly bits: Uint8Array;
}

/** Pages that are brought in at a time: 32 KiB, which the first-level cache hands on to the kernel. */
const PIECE_PAGES: PageCount = 8;
const PIECE_BYTES: Bytes = PIECE_PAGES * PAGE_SIZE;

/** A kernel with room for two pieces and what is found in one, made at first use. */
interface Workbench {
  readonly kernel: Kernel;
  readonly piece: Pointer;
  readonly other: Pointer;
  readonly found: Pointer;
}

let workbench: Workbench | undefined;

/**
 * Questions to memory that lies elsewhere: an emulator's, a file's, a socket's. It is brought to the
 * kernel in small pieces, never copied as a whole.
 *
 * @see PageScanner
 */
export const PageScan: PageScanner = {
  zeroPages(bytes) {
    const pages = pagesOf("bytes", bytes);
    const { kernel, piece, found } = openWorkbench();
    return collect(pages, (from, count) => {
      bring(kernel, piece, bytes, from, count);
      return kernel.exports.zeroPages(piece, count, found);
    });
  },

  differing(a, b) {
    const pages = pagesOf("a", a);
    if (pagesOf("b", b) !== pages) {
      throw new InvalidOptionError("b.length", b.length, `${a.length}, as of a`);
    }
    const { kernel, piece, other, found } = openWorkbench();
    return collect(pages, (from, count) => {
      bring(kernel, piece, a, from, count);
      bring(kernel, other, b, from, count);
      return kernel.exports.differingPages(piece, other, count, found);
    });
  },

  digests(bytes) {
    const digests = new BigUint64Array(pagesOf("bytes", bytes));
    const { kernel, piece, found } = openWorkbench();
    const answers = new BigUint64Array(kernel.buffer, found, PIECE_PAGES);
    for (let from = 0; from < digests.length; from += PIECE_PAGES) {
      const count = Math.min(PIECE_PAGES, digests.length - from);
      bring(kernel, piece, bytes, from, count);
      kernel.exports.digestPages(piece, count, found);
      digests.set(answers.subarray(0, count), from);
    }
    return digests;
  },
};

/** Scans piece by piece; each leaves its bits, which are one byte, in the workbench. */
function collect(pages: PageCount, scan: (from: number, count: PageCount) => PageCount): PageBits {
  const { kernel, found } = openWorkbench();
  const answer = kernel.u8(found, 1);
  const bits = new Uint8Array(Math.ceil(pages / PIECE_PAGES));
  let count = 0;
  for (let byte = 0; byte < bits.length; byte++) {
    const from = byte * PIECE_PAGES;
    count += scan(from, Math.min(PIECE_PAGES, pages - from));
    bits[byte] = answer[0] as number;
  }
  return { count, bits };
}

function bring(
  kernel: Kernel,
  to: Pointer,
  bytes: Uint8Array,
  from: number,
  count: PageCount,
): void {
  const start = from * PAGE_SIZE;
  const length = count * PAGE_SIZE;
  kernel.u8(to, length).set(bytes.subarray(start, start + length));
}

function pagesOf(name: string, { length }: Uint8Array): PageCount {
  if (length % PAGE_SIZE === 0) return length / PAGE_SIZE;
  throw new InvalidOptionError(`${name}.length`, length, `a multiple of ${PAGE_SIZE}`);
}

function openWorkbench(): Workbench {
  if (workbench === undefined) {
    const kernel = createKernel(2 * PIECE_BYTES + 8 * PIECE_PAGES);
    const [piece, other] = [kernel.allocate(PIECE_BYTES), kernel.allocate(PIECE_BYTES)];
    workbench = { kernel, piece, other, found: kernel.allocate(8 * PIECE_PAGES) };
  }
  return workbench;
}
