import { PAGE_SIZE } from "../../units.js";
import type { PageDigestExports, Pointer } from "../exports.js";

// XXH3 as https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md has it, for inputs of one page.

const PRIME32_1 = 0x9e3779b1n;
const PRIME32_2 = 0x85ebca77n;
const PRIME32_3 = 0xc2b2ae3dn;
const PRIME64_1 = 0x9e3779b185ebca87n;
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME64_3 = 0x165667b19e3779f9n;
const PRIME64_4 = 0x85ebca77c2b2ae63n;
const PRIME64_5 = 0x27d4eb2f165667c5n;
const AVALANCHE = 0x165667919e3779f9n;

/** The default secret of XXH3, 192 bytes. */
const SECRET = new DataView(
  BigUint64Array.of(
    0xbe4ba423396cfeb8n,
    0x1cad21f72c81017cn,
    0xdb979083e96dd4den,
    0x1f67b3b7a4a44072n,
    0x78e5c0cc4ee679cbn,
    0x2172ffcc7dd05a82n,
    0x8e2443f7744608b8n,
    0x4c263a81e69035e0n,
    0xcb00c391bb52283cn,
    0xa32e531b8b65d088n,
    0x4ef90da297486471n,
    0xd8acdea946ef1938n,
    0x3f349ce33f76faa8n,
    0x1d4f0bc7c7bbdcf9n,
    0x3159b4cd4be0518an,
    0x647378d9c97e9fc8n,
    0xc3ebd33483acc5ean,
    0xeb6313faffa081c5n,
    0x49daf0b751dd0d17n,
    0x9e68d429265516d3n,
    0xfca1477d58be162bn,
    0xce31d07ad1b8f88fn,
    0x280416958f3acb45n,
    0x7e404bbbcafbd7afn,
  ).buffer,
);
const STRIPE = 64;
const STRIPES_A_BLOCK = 16;
const LAST_STRIPE = PAGE_SIZE / STRIPE - 1;

/** Digests of whole pages. */
export function createPageDigestExports(buffer: ArrayBufferLike): PageDigestExports {
  const bytes = new DataView(buffer);
  return {
    digestPages(base, pages, out) {
      for (let index = 0; index < pages; index++) {
        bytes.setBigUint64(out + 8 * index, digestOf(bytes, base + index * PAGE_SIZE), true);
      }
    },
  };
}

function digestOf(bytes: DataView, page: Pointer): bigint {
  const acc = [
    PRIME32_3,
    PRIME64_1,
    PRIME64_2,
    PRIME64_3,
    PRIME64_4,
    PRIME32_2,
    PRIME64_5,
    PRIME32_1,
  ];
  for (let stripe = 0; stripe <= LAST_STRIPE; stripe++) {
    const inBlock = stripe % STRIPES_A_BLOCK;
    accumulate(acc, bytes, page + stripe * STRIPE, stripe === LAST_STRIPE ? 121 : 8 * inBlock);
    const isBlockEnd = inBlock === STRIPES_A_BLOCK - 1 && stripe !== LAST_STRIPE;
    if (isBlockEnd) scramble(acc);
  }
  let hash = BigInt(PAGE_SIZE) * PRIME64_1;
  for (let lane = 0; lane < 8; lane += 2) {
    const first = at(acc, lane) ^ secretAt(11 + 8 * lane);
    const second = at(acc, lane + 1) ^ secretAt(19 + 8 * lane);
    const product = first * second;
    hash += wrap(product) ^ (product >> 64n);
  }
  hash = wrap(hash);
  hash = wrap((hash ^ (hash >> 37n)) * AVALANCHE);
  return hash ^ (hash >> 32n);
}

function accumulate(acc: bigint[], bytes: DataView, stripe: Pointer, secret: number): void {
  for (let lane = 0; lane < 8; lane++) {
    const data = bytes.getBigUint64(stripe + 8 * lane, true);
    const key = data ^ secretAt(secret + 8 * lane);
    acc[lane ^ 1] = wrap(at(acc, lane ^ 1) + data);
    acc[lane] = wrap(at(acc, lane) + (key & 0xffffffffn) * (key >> 32n));
  }
}

function scramble(acc: bigint[]): void {
  for (let lane = 0; lane < 8; lane++) {
    const word = at(acc, lane);
    acc[lane] = wrap((word ^ (word >> 47n) ^ secretAt(128 + 8 * lane)) * PRIME32_1);
  }
}

function at(acc: readonly bigint[], lane: number): bigint {
  return acc[lane] as bigint;
}

function secretAt(offset: number): bigint {
  return SECRET.getBigUint64(offset, true);
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
