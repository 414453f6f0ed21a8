// XBZRLE once more, byte by byte, written from the format: page = (zrun nzrun)*.

const PAGE = 4096;

function lengthOf(count) {
  return count < 128 ? [count] : [(count % 128) + 128, Math.floor(count / 128)];
}

/** What turns one page into another; empty when they are equal. */
export function encodePlainly(before, after) {
  const delta = [];
  for (let at = 0; at < PAGE; ) {
    let start = at;
    while (start < PAGE && before[start] === after[start]) start++;
    if (start === PAGE) break;
    let end = start;
    while (end < PAGE && before[end] !== after[end]) end++;
    delta.push(...lengthOf(start - at), ...lengthOf(end - start), ...after.subarray(start, end));
    at = end;
  }
  return Uint8Array.from(delta);
}

/** The page that a delta makes, and where its last run ends; null when it is damaged. */
export function decodePlainly(delta, before) {
  const page = before.slice();
  let at = 0;
  let end = 0;
  const readLength = () => {
    const low = at < delta.length ? delta[at++] : Number.NaN;
    if (!(low >= 128)) return low;
    const high = at < delta.length ? delta[at++] : Number.NaN;
    return high < 128 ? low - 128 + 128 * high : Number.NaN;
  };
  while (at < delta.length) {
    const isFirst = at === 0;
    const kept = readLength();
    const count = readLength();
    if (!(kept >= 0 && count > 0) || (kept === 0 && !isFirst)) return null;
    if (end + kept + count > PAGE || at + count > delta.length) return null;
    page.set(delta.subarray(at, at + count), end + kept);
    at += count;
    end += kept + count;
  }
  return { page, end };
}
