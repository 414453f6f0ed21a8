// LZ4's block format as plainly as can be, to hold the kernel against. Shares nothing with it.

/**
 * What a block holds, or null when it is damaged or holds more than `capacity` bytes.
 *
 * @param {Uint8Array} block @param {number} capacity
 * @returns {Uint8Array | null}
 */
export function decodePlainly(block, capacity) {
  const out = new Uint8Array(capacity);
  let size = 0;
  let index = 0;
  const isOver = () => index >= block.length;
  const nextByte = () => {
    if (isOver()) throw null;
    return block[index++];
  };
  const push = (byte) => {
    if (size === capacity) throw null;
    out[size++] = byte;
  };
  const lengthFrom = (nibble) => {
    let length = nibble;
    if (nibble < 15) return length;
    for (;;) {
      const byte = nextByte();
      length += byte;
      if (byte !== 255) return length;
    }
  };
  try {
    for (;;) {
      const token = nextByte();
      for (let left = lengthFrom(Math.floor(token / 16)); left > 0; left--) push(nextByte());
      if (isOver()) return out.slice(0, size);
      const offset = nextByte() + 256 * nextByte();
      if (offset < 1 || offset > size) return null;
      for (let left = lengthFrom(token % 16) + 4; left > 0; left--) push(out[size - offset]);
    }
  } catch (damage) {
    if (damage === null) return null;
    throw damage;
  }
}
