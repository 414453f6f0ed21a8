import { WireFormatError } from "../errors.js";
import { checkWhole } from "./checks.js";
import type { Pointer } from "./exports.js";
import { createKernel, type Kernel } from "./load.js";

/** How {@link Lz4Block} compresses. */
export interface Lz4Options {
  /**
   * 1 .. 65536, as in liblz4: the search for matches begins with steps of so many bytes, so that more of it finds
   * less in less time. Default 1, as in liblz4's `LZ4_compress_default`.
   */
  readonly acceleration?: number;
  /**
   * Most bytes that the block may take, 1 or more. Default: one less than the bytes themselves, since sending
   * those is cheaper otherwise. A block never takes more than n + n / 255 + 2.
   */
  readonly limit?: number;
}

/** LZ4's block format: single blocks of up to 64 KiB, without dictionary and frame, as liblz4 reads and writes them. */
export interface Lz4BlockCodec {
  /**
   * Compresses bytes; the same ones always give the same block.
   *
   * @param bytes - 1 .. 65536 bytes.
   * @returns The block; null when it would take more than `limit` bytes.
   * @throws InvalidOptionError when a length or an option is out of range.
   */
  compress(bytes: Uint8Array, options?: Lz4Options): Uint8Array | null;
  /**
   * What was compressed. Any block of the format is accepted, whoever made it.
   *
   * @param length - How many bytes the block holds, 1 .. 65536.
   * @throws InvalidOptionError when `length` is out of range.
   * @throws WireFormatError when the block is damaged or holds more or fewer bytes.
   */
  decompress(block: Uint8Array, length: number): Uint8Array;
}

/** A kernel with room for the largest block and what it holds, made at first use. */
interface Workbench {
  readonly kernel: Kernel;
  readonly bytes: Pointer;
  readonly block: Pointer;
}

const MAX_LENGTH = 65_536;
const MAX_ACCELERATION = 65_536;
/** What the compressor may write behind its limit. */
const SLACK = 32;
let workbench: Workbench | undefined;

/** @see Lz4BlockCodec */
export const Lz4Block: Lz4BlockCodec = {
  compress(bytes, { acceleration = 1, limit } = {}) {
    checkWhole("bytes.length", bytes.length, 1, MAX_LENGTH);
    checkWhole("acceleration", acceleration, 1, MAX_ACCELERATION);
    if (limit !== undefined) checkWhole("limit", limit, 1, Number.MAX_SAFE_INTEGER);
    const bench = openWorkbench();
    const { kernel } = bench;
    kernel.u8(bench.bytes, bytes.length).set(bytes);
    const room = Math.min(limit ?? bytes.length - 1, longestBlock(bytes.length));
    const { lz4Compress } = kernel.exports;
    const length = lz4Compress(bench.bytes, bytes.length, bench.block, room, acceleration);
    return length === 0 ? null : kernel.u8(bench.block, length).slice();
  },

  decompress(block, length) {
    checkWhole("length", length, 1, MAX_LENGTH);
    if (block.length > longestBlock(length)) {
      const problem = `a block of ${block.length} bytes is too long for ${length} bytes`;
      throw new WireFormatError(problem, -1);
    }
    const bench = openWorkbench();
    const { kernel } = bench;
    kernel.u8(bench.block, block.length).set(block);
    const { lz4Decompress } = kernel.exports;
    const produced = lz4Decompress(bench.block, block.length, bench.bytes, length);
    if (produced < 0) throw new WireFormatError("damaged LZ4 block", -1);
    if (produced < length) {
      throw new WireFormatError(`an LZ4 block holds ${produced} bytes, not ${length}`, -1);
    }
    return kernel.u8(bench.bytes, length).slice();
  },
};

/** No block of `length` bytes is longer: one run of literals, its token and its length. */
function longestBlock(length: number): number {
  return length + Math.floor(length / 255) + 2;
}

function openWorkbench(): Workbench {
  if (workbench === undefined) {
    const room = longestBlock(MAX_LENGTH) + SLACK;
    const kernel = createKernel(MAX_LENGTH + room + 16);
    workbench = { kernel, bytes: kernel.allocate(MAX_LENGTH), block: kernel.allocate(room) };
  }
  return workbench;
}
