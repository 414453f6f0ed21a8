import { InvalidOptionError, WireFormatError } from "../errors.js";
import { PAGE_SIZE } from "../units.js";
import type { Pointer } from "./exports.js";
import { createKernel, type Kernel } from "./load.js";

/** The delta format of QEMU's XBZRLE capability, one page at a time; {@link PageShard} does many. */
export interface PageDeltaCodec {
  /**
   * What turns `old` into `page`: runs of bytes that stay and bytes that change, as QEMU's encoder gives them.
   *
   * @param old - 4096 bytes.
   * @param page - 4096 bytes.
   * @returns The delta; empty when the pages are equal; null when it would take more than 4096 bytes, so
   *   that sending the page itself is cheaper. Verdict and bytes are those of QEMU's xbzrle_encode_buffer.
   * @throws InvalidOptionError for pages of another size.
   */
  encode(old: Uint8Array, page: Uint8Array): Uint8Array | null;
  /**
   * Turns the old contents of a page into the new ones, in place. Any division into runs is accepted that
   * QEMU's decoder accepts.
   *
   * @param page - 4096 bytes.
   * @throws WireFormatError when the delta is damaged; `page` is then as it was.
   * @throws InvalidOptionError for a page of another size.
   */
  apply(page: Uint8Array, delta: Uint8Array): void;
}

/** A kernel with two pages and a delta, made at first use. */
interface Workbench {
  readonly kernel: Kernel;
  readonly old: Pointer;
  readonly page: Pointer;
  readonly delta: Pointer;
}

/** What the encoder may write behind a delta. */
const SLACK = 16;
let workbench: Workbench | undefined;

/** @see PageDeltaCodec */
export const PageDelta: PageDeltaCodec = {
  encode(old, page) {
    checkPageBytes("old", old);
    checkPageBytes("page", page);
    const bench = openWorkbench();
    const { kernel } = bench;
    kernel.u8(bench.old, PAGE_SIZE).set(old);
    kernel.u8(bench.page, PAGE_SIZE).set(page);
    const length = kernel.exports.deltaEncode(bench.old, bench.page, bench.delta, PAGE_SIZE);
    return length < 0 ? null : kernel.u8(bench.delta, length).slice();
  },

  apply(page, delta) {
    checkPageBytes("page", page);
    if (delta.length > PAGE_SIZE) {
      throw new WireFormatError(`a page delta of ${delta.length} bytes is longer than a page`, -1);
    }
    const bench = openWorkbench();
    const { kernel } = bench;
    const result = kernel.u8(bench.page, PAGE_SIZE);
    result.set(page);
    kernel.u8(bench.delta, PAGE_SIZE).set(delta);
    if (kernel.exports.deltaDecode(bench.delta, delta.length, bench.page) < 0) {
      throw new WireFormatError("damaged page delta", -1);
    }
    page.set(result);
  },
};

function openWorkbench(): Workbench {
  if (workbench === undefined) {
    const kernel = createKernel(3 * PAGE_SIZE + SLACK);
    workbench = {
      kernel,
      old: kernel.allocate(PAGE_SIZE),
      page: kernel.allocate(PAGE_SIZE),
      delta: kernel.allocate(PAGE_SIZE + SLACK),
    };
  }
  return workbench;
}

function checkPageBytes(name: string, page: Uint8Array): void {
  if (page.length !== PAGE_SIZE) {
    throw new InvalidOptionError(
      `${name}.length`,
      page.length,
      `${PAGE_SIZE}, the bytes of a page`,
    );
  }
}
