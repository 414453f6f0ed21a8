// Random bytes that look like memory, and random blocks that look like LZ4's format.

/** Mostly short, now and then a page, seldom 64 KiB. */
export function randomLength(random) {
  const kind = random.nextBelow(200);
  if (kind === 0) return 1 + random.nextBelow(65_536);
  if (kind < 20) return 4096;
  if (kind < 60) return 1 + random.nextBelow(40);
  return 1 + random.nextBelow(600);
}

/** Stretches of noise, of one byte, and of what was there before. */
export function randomBytes(random, length) {
  const bytes = new Uint8Array(length);
  const alphabet = 1 + random.nextBelow(random.nextBelow(2) === 0 ? 4 : 256);
  for (let at = 0; at < length; ) {
    const longest = [4, 8, 20, 80, 600][random.nextBelow(5)];
    const end = Math.min(length, at + 1 + random.nextBelow(longest));
    const kind = random.nextBelow(3);
    if (kind === 0 || at === 0) {
      while (at < end) bytes[at++] = random.nextBelow(alphabet);
    } else {
      const offset = 1 + random.nextBelow(Math.min(at, kind === 1 ? 20 : 65_535));
      for (; at < end; at++) bytes[at] = bytes[at - offset];
    }
  }
  return bytes;
}

/** A block with a few faults in it. */
export function damage(random, block) {
  const bytes = [...block];
  for (let left = 1 + random.nextBelow(3); left > 0; left--) {
    const at = random.nextBelow(bytes.length + 1);
    const kind = random.nextBelow(6);
    if (kind === 0) bytes.length = at;
    else if (kind === 1) bytes.splice(at, 1 + random.nextBelow(4));
    else if (kind === 2) bytes.splice(at, 0, random.nextBelow(256));
    else if (kind === 3) bytes.splice(at, 0, ...new Array(1 + random.nextBelow(40)).fill(255));
    else if (at < bytes.length)
      bytes[at] = kind === 4 ? random.nextBelow(256) : [0, 255][random.nextBelow(2)];
  }
  return Uint8Array.from(bytes);
}

/** Sequences as no encoder would write them, most of them valid. */
export function randomBlock(random) {
  const block = [];
  let size = 0;
  const length = () => (random.nextBelow(4) > 0 ? random.nextBelow(16) : random.nextBelow(700));
  const half = (value) => Math.min(value, 15);
  const pushMore = (value) => {
    if (value < 15) return;
    for (let left = value - 15; left >= 0; left -= 255) block.push(Math.min(left, 255));
  };
  const pushLiterals = (count, lower) => {
    block.push(16 * half(count) + lower);
    pushMore(count);
    for (let left = count; left > 0; left--) block.push(random.nextBelow(256));
    size += count;
  };
  for (let left = random.nextBelow(20); left > 0; left--) {
    const match = length();
    pushLiterals(length(), half(match));
    const farthest = random.nextBelow(2) === 0 ? Math.min(size, 20) : Math.min(size, 65_535);
    const isBad = random.nextBelow(200) === 0;
    const offset =
      isBad || farthest === 0 ? random.nextBelow(size + 2) : 1 + random.nextBelow(farthest);
    block.push(offset & 255, offset >> 8);
    pushMore(match);
    size += match + 4;
  }
  pushLiterals(length(), 0);
  return { block: Uint8Array.from(block), size };
}
