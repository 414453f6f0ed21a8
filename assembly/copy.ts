// Copies of short stretches, written out: a bulk copy is a call into the engine, which costs as much as
// a few hundred bytes. Source and target never overlap.

/** Sixteen bytes. @inline */
export function copy16(to: usize, from: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(to, v128.load(from));
  } else {
    const low = load<u64>(from);
    const high = load<u64>(from, 8);
    store<u64>(to, low);
    store<u64>(to, high, 8);
  }
}

/** From this length on a bulk copy is faster. */
const BULK: usize = 320;

/** Exactly `count` bytes, at least one. The last ones overlap those before where `count` is no multiple. @inline */
export function copyExact(to: usize, from: usize, count: usize): void {
  if (count >= BULK) {
    memory.copy(to, from, count);
  } else if (count >= 16) {
    const last = count - 16;
    for (let done: usize = 0; done < last; done += 16) copy16(to + done, from + done);
    copy16(to + last, from + last);
  } else if (count >= 8) {
    const head = load<u64>(from);
    store<u64>(to + count - 8, load<u64>(from + count - 8));
    store<u64>(to, head);
  } else if (count >= 4) {
    const head = load<u32>(from);
    store<u32>(to + count - 4, load<u32>(from + count - 4));
    store<u32>(to, head);
  } else {
    const middle = count >> 1;
    store<u8>(to + middle, load<u8>(from + middle));
    store<u8>(to + count - 1, load<u8>(from + count - 1));
    store<u8>(to, load<u8>(from));
  }
}
