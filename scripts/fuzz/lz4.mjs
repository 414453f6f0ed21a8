// Holds both builds' LZ4 against a decoder that was written from the format:
//   node scripts/fuzz/lz4.mjs [--cases 1000000] [--seed N]

import { createKernel } from "../../dist/kernel/load.js";
import { damage, randomBlock, randomBytes, randomLength } from "./lz4-inputs.mjs";
import { decodePlainly } from "./lz4-plainly.mjs";
import { CaseFailure, runCases } from "./run-cases.mjs";

const LONGEST = 2 ** 17;
const MARGIN = 64;
const SLACK = 32;
const CANARY = 0xc5;

const kernels = ["simd", "scalar"].map((backend) => {
  const kernel = createKernel(3 * (LONGEST + 2 * MARGIN), backend);
  const [source, block, out] = [0, 0, 0].map(() => kernel.allocate(LONGEST + 2 * MARGIN) + MARGIN);
  return { kernel, source, block, out };
});

function isSame(a, b) {
  return Buffer.compare(a, b) === 0;
}

/** Whether the margins around [at, at + length) are as they were filled. */
function isIntact(kernel, at, length) {
  const margins = [kernel.u8(at - MARGIN, MARGIN), kernel.u8(at + length, MARGIN)];
  return margins.every((bytes) => bytes.every((byte) => byte === CANARY));
}

/** Fills `at` with bytes or with canaries, and the margins with canaries. */
function place(kernel, at, length, bytes) {
  kernel.u8(at - MARGIN, length + 2 * MARGIN).fill(CANARY);
  if (bytes) kernel.u8(at, length).set(bytes);
}

/** The block that both builds make of bytes. */
function compress(bytes, acceleration, limit) {
  const blocks = kernels.map(({ kernel, source, block }) => {
    const inputs = { bytes, acceleration, limit, backend: kernel.backend };
    place(kernel, source, bytes.length, bytes);
    place(kernel, block, limit + SLACK);
    const { lz4Compress } = kernel.exports;
    const length = lz4Compress(source, bytes.length, block, limit, acceleration);
    if (length > limit)
      throw new CaseFailure(`a block of ${length} bytes passes its limit`, inputs);
    if (!isIntact(kernel, block, limit + SLACK))
      throw new CaseFailure("wrote behind the block", inputs);
    return kernel.u8(block, length).slice();
  });
  if (!isSame(...blocks))
    throw new CaseFailure("the builds make different blocks", { bytes, acceleration, limit });
  return blocks[0];
}

/** Expects of both builds what the plain decoder says. */
function checkDecompress(bytes, capacity) {
  const expected = decodePlainly(bytes, capacity);
  for (const { kernel, block, out } of kernels) {
    const inputs = { block: bytes, capacity, backend: kernel.backend };
    place(kernel, block, bytes.length, bytes);
    place(kernel, out, capacity);
    const answer = kernel.exports.lz4Decompress(block, bytes.length, out, capacity);
    if (!isIntact(kernel, out, capacity)) throw new CaseFailure("wrote outside the output", inputs);
    if (answer !== (expected?.length ?? -1)) {
      throw new CaseFailure(`answered ${answer}, not ${expected?.length ?? -1}`, inputs);
    }
    if (expected && !isSame(kernel.u8(out, answer), expected)) {
      throw new CaseFailure("decompressed to other bytes", inputs);
    }
  }
}

function runCase(random) {
  if (random.nextBelow(3) === 0) {
    const { block, size } = randomBlock(random);
    const sent = random.nextBelow(2) === 0 ? block : damage(random, block);
    checkDecompress(sent, Math.min(LONGEST, Math.max(0, size + random.nextBelow(9) - 4)));
    return;
  }
  const bytes = randomBytes(random, randomLength(random));
  const acceleration = random.nextBelow(4) === 0 ? 1 + random.nextBelow(64) : 1;
  const block = compress(bytes, acceleration, LONGEST - SLACK - MARGIN);
  const decoded = decodePlainly(block, bytes.length);
  if (!decoded || !isSame(decoded, bytes))
    throw new CaseFailure("a block holds other bytes", { bytes, acceleration, block });
  checkDecompress(block, bytes.length);
  const limit = Math.max(
    0,
    random.nextBelow(4) === 0
      ? random.nextBelow(block.length)
      : block.length - 1 + random.nextBelow(3),
  );
  const limited = compress(bytes, acceleration, limit);
  if (limited.length !== (block.length <= limit ? block.length : 0)) {
    throw new CaseFailure(`${limited.length} bytes with a limit, ${block.length} without`, {
      bytes,
      acceleration,
      limit,
    });
  }
  checkDecompress(damage(random, block), Math.max(0, bytes.length + random.nextBelow(9) - 4));
}

if (!runCases("lz4", runCase)) process.exitCode = 1;
