// Random pages that changed as memory changes, and random deltas as no encoder would write them.

export const PAGE = 4096;

/** A page, and the same after some writes: none, few or many, short or long, near the ends too. */
export function randomPages(random) {
  const before = new Uint8Array(PAGE);
  const period = 1 + random.nextBelow(64);
  for (let at = 0; at < period; at++) before[at] = random.nextBelow(256);
  for (let at = period; at < PAGE; at++) before[at] = before[at - period];
  const after = before.slice();
  const writes = [0, 1, 3, 12, 60, 400][random.nextBelow(6)];
  const longest = [1, 2, 9, 40, 200, 2000][random.nextBelow(6)];
  for (let write = 0; write < writes; write++) {
    let at = [random.nextBelow(PAGE), PAGE - 1 - random.nextBelow(40)][random.nextBelow(8) & 1];
    for (let left = 1 + random.nextBelow(longest); left > 0 && at < PAGE; left--) {
      after[at++] = random.nextBelow(256);
    }
  }
  return { before, after };
}

/** Runs of any division, most of them valid, lengths not always in their shortest form. */
export function randomDelta(random) {
  const delta = [];
  const longest = [3, 20, 200, 3000][random.nextBelow(4)];
  const pushLength = (count) => {
    if (count >= 128 || random.nextBelow(20) === 0) delta.push((count & 127) | 128, count >> 7);
    else delta.push(count);
  };
  for (
    let left = random.nextBelow(random.nextBelow(2) === 0 ? 12 : 600), end = 0;
    left > 0;
    left--
  ) {
    const kept = end === 0 ? random.nextBelow(longest) : 1 + random.nextBelow(longest);
    const count = 1 + random.nextBelow(longest);
    end += kept + count;
    if (end > PAGE && random.nextBelow(20) !== 0) break;
    pushLength(kept);
    pushLength(count);
    for (let at = 0; at < count; at++) delta.push(random.nextBelow(256));
  }
  return Uint8Array.from(delta.slice(0, PAGE));
}

/** A delta with a few faults in it. */
export function damageDelta(random, delta) {
  const bytes = [...delta];
  for (let left = 1 + random.nextBelow(3); left > 0; left--) {
    const at = random.nextBelow(bytes.length + 1);
    const kind = random.nextBelow(4);
    if (kind === 0) bytes.length = at;
    else if (kind === 1) bytes.splice(at, 1 + random.nextBelow(3));
    else if (kind === 2) bytes.splice(at, 0, random.nextBelow(256));
    else if (at < bytes.length) bytes[at] = [0, 1, 127, 128, 255][random.nextBelow(5)];
  }
  return Uint8Array.from(bytes.slice(0, PAGE));
}
