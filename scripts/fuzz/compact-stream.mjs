// Damaged migration streams, written anew: refused, or what is written decodes to what was read:
//   node scripts/fuzz/compact-stream.mjs [--cases 1000000] [--seed N]

import { isGodwitError } from "../../dist/errors.js";
import { compactStream, verifyStream } from "../../dist/qemu/compact.js";
import { CaseFailure, runCasesInTurn } from "./run-cases.mjs";
import { damaged, recordings } from "./stream-inputs.mjs";

const limits = { memoryLimit: 32 * 1024 * 1024, deviceLimit: 1024 * 1024 };
const all = recordings.flat();
let written = 0;

async function compact(channels, xbzrleCache) {
  const chunks = [];
  const options = { ...limits, xbzrleCache };
  const sources = channels.map((bytes) => [bytes]);
  const report = await compactStream(sources, (chunk) => chunks.push(chunk.slice()), options);
  return { report, bytes: new Uint8Array(Buffer.concat(chunks)) };
}

async function runCase(random) {
  const channels = [...recordings[random.nextBelow(recordings.length)]];
  const hit = random.nextBelow(channels.length);
  if (random.nextBelow(20) > 0) channels[hit] = damaged(random, channels[hit], all);
  const cache = random.nextBelow(2) === 0 ? undefined : 4096 << random.nextBelow(5);
  const inputs = Object.fromEntries(channels.map((bytes, i) => [`c${i}`, bytes]));
  let first;
  try {
    first = await compact(channels, cache);
  } catch (error) {
    if (isGodwitError(error, "WireFormatError", "InvalidOptionError")) return;
    throw new CaseFailure(`not refused but broken: ${error.stack}`, inputs);
  }
  try {
    await verifyStream([[first.bytes]], first.report.fingerprint, limits);
    const second = await compact([first.bytes]);
    const again = await compact([second.bytes]);
    await verifyStream([[second.bytes]], first.report.fingerprint, limits);
    if (Buffer.compare(second.bytes, again.bytes) !== 0) throw new Error("it does not settle");
  } catch (error) {
    throw new CaseFailure(`cache ${cache}: what was written is wrong: ${error.stack}`, inputs);
  }
  written++;
}

const held = await runCasesInTurn("compact-stream", runCase);
if (!held || written === 0) process.exitCode = 1;
