/**
 * The order in which Linux lists a folder of an ext4 volume: by the hash of each name, half of an MD4
 * (Linux, fs/ext4/hash.c; the format's documentation calls it "half MD4"), from MD4's own initial values as
 * on volumes that were made without a seed.
 */

type Words = [number, number, number, number];

const INITIAL: Words = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
const BLOCK_BYTES = 32;

/** One round of MD4 over eight words instead of sixteen. */
interface Round {
  readonly mix: (x: number, y: number, z: number) => number;
  readonly constant: number;
  readonly words: readonly number[];
  readonly rotations: readonly [number, number, number, number];
}

const ROUNDS: readonly Round[] = [
  {
    mix: (x, y, z) => z ^ (x & (y ^ z)),
    constant: 0,
    words: [0, 1, 2, 3, 4, 5, 6, 7],
    rotations: [3, 7, 11, 19],
  },
  {
    mix: (x, y, z) => (x & y) + ((x ^ y) & z),
    constant: 0x5a827999,
    words: [1, 3, 5, 7, 0, 2, 4, 6],
    rotations: [3, 5, 9, 13],
  },
  {
    mix: (x, y, z) => x ^ y ^ z,
    constant: 0x6ed9eba1,
    words: [3, 7, 2, 6, 1, 5, 0, 4],
    rotations: [3, 9, 11, 15],
  },
];

/** Indices of `names` in the order in which a folder with these files is listed. */
export function folderOrder(names: readonly string[]): number[] {
  const hashes = names.map(hashName);
  return names
    .map((_, index) => index)
    .sort((a, b) => {
      const [majorA, minorA] = hashes[a] as [number, number];
      const [majorB, minorB] = hashes[b] as [number, number];
      return majorA - majorB || minorA - minorB;
    });
}

/** Major and minor hash of a name; the lowest bit of the major one is a flag of the format's own. */
function hashName(name: string): [number, number] {
  let rest = new TextEncoder().encode(name);
  let state: Words = [...INITIAL];
  while (rest.length > 0) {
    state = halfMd4(state, blockOf(rest));
    rest = rest.subarray(BLOCK_BYTES);
  }
  return [(state[1] & ~1) >>> 0, state[2] >>> 0];
}

/** Eight words, the first byte of each the highest; what the name does not fill repeats its length. */
function blockOf(bytes: Uint8Array): Int32Array {
  const length = bytes.length & 0xff;
  const padding = length | (length << 8) | (length << 16) | (length << 24);
  const words = new Int32Array(BLOCK_BYTES / 4).fill(padding);
  for (let index = 0; index < Math.min(bytes.length, BLOCK_BYTES); index++) {
    const word = index >> 2;
    words[word] = (bytes[index] as number) + ((words[word] as number) << 8);
  }
  return words;
}

function halfMd4(state: Words, block: Int32Array): Words {
  let [a, b, c, d] = state;
  for (const { mix, constant, words, rotations } of ROUNDS) {
    for (const [step, word] of words.entries()) {
      const sum = (a + mix(b, c, d) + (block[word] as number) + constant) | 0;
      const by = rotations[step % 4] as number;
      const turned = (sum << by) | (sum >>> (32 - by));
      [a, b, c, d] = [d, turned, b, c];
    }
  }
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0];
}
