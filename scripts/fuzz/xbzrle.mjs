// Holds both builds' page deltas against an encoder and a decoder that were written from the format:
//   node scripts/fuzz/xbzrle.mjs [--cases 1000000] [--seed N]

import { createKernel } from "../../dist/kernel/load.js";
import { CaseFailure, runCases } from "./run-cases.mjs";
import { damageDelta, PAGE, randomDelta, randomPages } from "./xbzrle-inputs.mjs";
import { decodePlainly, encodePlainly } from "./xbzrle-plainly.mjs";

const MARGIN = 64;
/** What the encoder may write behind a delta. */
const SLACK = 16;
const LONGEST = 2 * PAGE;
const CANARY = 0xc5;

const kernels = ["simd", "scalar"].map((backend) => {
  const kernel = createKernel(3 * (LONGEST + 2 * MARGIN), backend);
  const [old, page, delta] = [0, 0, 0].map(() => kernel.allocate(LONGEST + 2 * MARGIN) + MARGIN);
  return { kernel, old, page, delta };
});

function place(kernel, at, room, bytes) {
  kernel.u8(at - MARGIN, room + 2 * MARGIN).fill(CANARY);
  kernel.u8(at, bytes.length).set(bytes);
}

function isIntact(kernel, at, length) {
  const margins = [kernel.u8(at - MARGIN, MARGIN), kernel.u8(at + length, MARGIN)];
  return margins.every((bytes) => bytes.every((byte) => byte === CANARY));
}

function checkEncode(before, after, expected, limit) {
  const needed = before[PAGE - 1] === after[PAGE - 1] ? expected.length + 2 : expected.length;
  const verdict = needed > limit ? -1 : expected.length;
  for (const { kernel, old, page, delta } of kernels) {
    const inputs = { before, after, limit, backend: kernel.backend };
    place(kernel, old, PAGE, before);
    place(kernel, page, PAGE, after);
    place(kernel, delta, limit + SLACK, []);
    const length = kernel.exports.deltaEncode(old, page, delta, limit);
    if (length !== verdict) throw new CaseFailure(`answered ${length}, not ${verdict}`, inputs);
    if (!isIntact(kernel, delta, limit + SLACK)) throw new CaseFailure("wrote too far", inputs);
    if (length > 0 && Buffer.compare(kernel.u8(delta, length), expected) !== 0) {
      throw new CaseFailure("encoded to other bytes", inputs);
    }
  }
}

function checkDecode(before, bytes) {
  const expected = decodePlainly(bytes, before);
  for (const { kernel, page, delta } of kernels) {
    const inputs = { before, delta: bytes, backend: kernel.backend };
    place(kernel, page, PAGE, before);
    place(kernel, delta, bytes.length, bytes);
    const end = kernel.exports.deltaDecode(delta, bytes.length, page);
    if (!isIntact(kernel, page, PAGE)) throw new CaseFailure("wrote outside the page", inputs);
    if (end !== (expected?.end ?? -1)) {
      throw new CaseFailure(`answered ${end}, not ${expected?.end ?? -1}`, inputs);
    }
    if (expected && Buffer.compare(kernel.u8(page, PAGE), expected.page) !== 0) {
      throw new CaseFailure("decoded to another page", inputs);
    }
  }
}

function runCase(random) {
  const { before, after } = randomPages(random);
  if (random.nextBelow(3) === 0) {
    const delta = randomDelta(random);
    checkDecode(before, random.nextBelow(2) === 0 ? delta : damageDelta(random, delta));
    return;
  }
  const delta = encodePlainly(before, after);
  checkEncode(before, after, delta, LONGEST - SLACK - MARGIN);
  checkEncode(before, after, delta, PAGE);
  checkEncode(before, after, delta, Math.max(2, delta.length + random.nextBelow(7) - 3));
  checkDecode(before, delta);
  checkDecode(before, damageDelta(random, delta));
}

if (!runCases("xbzrle", runCase)) process.exitCode = 1;
