// Four xoshiro128++ generators (Blackman & Vigna 2019) side by side, one per 32-bit lane.
// A state is 64 bytes: s0 of the four lanes, then s1, s2, s3. A step yields 16 bytes.

export function randomFill(state: usize, out: usize, count: u32): void {
  const end = out + <usize>count * 4;
  if (ASC_FEATURE_SIMD) {
    fillFourLanes(state, out, end);
  } else {
    for (let lane: usize = 0; lane != 16; lane += 4) fillLane(state + lane, out + lane, end + lane);
  }
}

function fillFourLanes(state: usize, out: usize, end: usize): void {
  let s0 = v128.load(state, 0);
  let s1 = v128.load(state, 16);
  let s2 = v128.load(state, 32);
  let s3 = v128.load(state, 48);
  for (; out != end; out += 16) {
    const sum = i32x4.add(s0, s3);
    v128.store(out, i32x4.add(v128.or(i32x4.shl(sum, 7), i32x4.shr_u(sum, 25)), s0));
    const shifted = i32x4.shl(s1, 9);
    s2 = v128.xor(s2, s0);
    s3 = v128.xor(s3, s1);
    s1 = v128.xor(s1, s2);
    s0 = v128.xor(s0, s3);
    s2 = v128.xor(s2, shifted);
    s3 = v128.or(i32x4.shl(s3, 11), i32x4.shr_u(s3, 21));
  }
  v128.store(state, s0, 0);
  v128.store(state, s1, 16);
  v128.store(state, s2, 32);
  v128.store(state, s3, 48);
}

/** One lane of the four: its numbers lie 16 bytes apart. */
function fillLane(state: usize, out: usize, end: usize): void {
  let s0 = load<u32>(state, 0);
  let s1 = load<u32>(state, 16);
  let s2 = load<u32>(state, 32);
  let s3 = load<u32>(state, 48);
  for (; out != end; out += 16) {
    store<u32>(out, rotl<u32>(s0 + s3, 7) + s0);
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotl<u32>(s3, 11);
  }
  store<u32>(state, s0, 0);
  store<u32>(state, s1, 16);
  store<u32>(state, s2, 32);
  store<u32>(state, s3, 48);
}
