import type { Lz4Exports } from "../exports.js";

/** LZ4 blocks, sequence by sequence. */
export function createLz4DecompressExports(buffer: ArrayBuffer): Pick<Lz4Exports, "lz4Decompress"> {
  const bytes = new Uint8Array(buffer);
  return {
    lz4Decompress: (block, length, out, capacity) =>
      decompress(bytes.subarray(block, block + length), bytes.subarray(out, out + capacity)),
  };
}

/** Bytes written to `out`, or -1 when the block is damaged. */
function decompress(block: Uint8Array, out: Uint8Array): number {
  let at = 0;
  let to = 0;

  /** A length of which half a token says the first part; NaN when the block ends in it. */
  function readLength(half: number): number {
    let length = half;
    let byte = half === 15 ? 255 : 0;
    while (byte === 255) {
      byte = block[at++] ?? Number.NaN;
      length += byte;
    }
    return length;
  }

  while (at < block.length) {
    const token = block[at++] as number;
    const literals = readLength(token >> 4);
    if (!(literals <= block.length - at && literals <= out.length - to)) return -1;
    out.set(block.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at === block.length) return to;
    if (at + 2 > block.length) return -1;
    const offset = (block[at] as number) | ((block[at + 1] as number) << 8);
    at += 2;
    const length = readLength(token & 15) + 4;
    if (offset === 0 || offset > to || !(length <= out.length - to)) return -1;
    for (const end = to + length; to < end; to++) out[to] = out[to - offset] as number;
  }
  return -1;
}
