// Damaged migration streams: each is refused with a place, or read, within a bound of memory:
//   node scripts/fuzz/qemu-stream.mjs [--cases 1000000] [--seed N]
// GODWIT_REFERENCE_DATA adds real recordings to the written ones.

import { join } from "node:path";
import { isGodwitError } from "../../dist/errors.js";
import { describeDevices, deviceFields } from "../../dist/qemu/device-fields.js";
import { inspectStream } from "../../dist/qemu/inspect.js";
import { RamBlocks } from "../../dist/qemu/ram-blocks.js";
import { decodeRecording } from "../../dist/qemu/recording.js";
import { readReply } from "../../dist/qemu/return-path.js";
import { StreamReader } from "../../dist/qemu/stream-reader.js";
import { parseDescription } from "../../dist/qemu/vm-description.js";
import { VmImage } from "../../dist/qemu/vm-image.js";
import { CaseFailure, runCasesInTurn } from "./run-cases.mjs";
import {
  damaged,
  descriptionText,
  recordedStreams,
  recordings,
  returnPath,
} from "./stream-inputs.mjs";

const options = { memoryLimit: 32 * 1024 * 1024, deviceLimit: 1024 * 1024 };
/** The image, the device limit twice over, a packet, two windows, and what is not yet collected. */
const MOST_BYTES = 768 * 1024 * 1024;
const CHECK_EVERY = 256;

const folder = process.env.GODWIT_REFERENCE_DATA;
const real = folder ? recordedStreams(join(folder, "qemu-streams")) : [];
const all = recordings.flat();
let cases = 0;

/** Keeps a sum of what is told, so that two readings can be compared. */
class SummingImage extends VmImage {
  sum = 0;
  pages = 0;

  page(block, offset, kind, bytes, wireBytes) {
    this.pages++;
    this.sum = (this.sum * 31 + offset / 4096 + bytes.length + (bytes[100] ?? 0) + wireBytes) % 1e9;
    super.page(block, offset, kind, bytes);
  }

  device({ body, ...section }) {
    this.sum = (this.sum * 31 + body.length) % 1e9;
    super.device({ body, ...section });
  }
}

function* cut(bytes, size) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** What a reading comes to: an error's text, or what was read. Other errors are the decoder's faults. */
async function outcome(inputs, read) {
  try {
    return { value: await read() };
  } catch (error) {
    if (!isGodwitError(error, "WireFormatError", "InvalidOptionError")) {
      throw new CaseFailure(`not refused but broken: ${error.stack}`, inputs);
    }
    if (error.tag === "InvalidOptionError" && error.option !== "channels") {
      throw new CaseFailure(`refused as an option: ${error.message}`, inputs);
    }
    // Only a limit has no place, and what two channels say of one another.
    if (
      error.tag === "WireFormatError" &&
      error.offset < 0 &&
      !/limit|is gone/.test(error.message)
    ) {
      throw new CaseFailure(`refused without a place: ${error.message}`, inputs);
    }
    return { error: error.message };
  }
}

async function runCase(random) {
  if (++cases % CHECK_EVERY === 0) checkMemory();
  const kind = random.nextBelow(16);
  if (kind === 0) await runReplies(random);
  else if (kind === 1) await runDescription(random);
  else await runRecording(random);
}

function checkMemory() {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  if (heapUsed + arrayBuffers > MOST_BYTES) {
    throw new CaseFailure(`${heapUsed + arrayBuffers} bytes are held`);
  }
}

async function runReplies(random) {
  const bytes = damaged(random, returnPath, all);
  const blocks = new RamBlocks();
  const rest = { hostPageSize: null, address: null, mapped: null };
  blocks.add({ name: "pc.ram", length: 16 * 4096, ...rest }, 0);
  const chunk = 1 + random.nextBelow(100);
  await outcome({ bytes }, async () => {
    const reader = new StreamReader(cut(bytes, chunk));
    while ((await readReply(reader, random.nextBelow(2) === 0 ? blocks : undefined)) !== null);
  });
}

async function runDescription(random) {
  const bytes = damaged(random, descriptionText, [descriptionText]);
  await outcome({ bytes }, async () => {
    const description = parseDescription(bytes, 0);
    const body = new Uint8Array(150);
    const section = { name: "cpu", instanceId: 0, body };
    for (const device of describeDevices([section], description)) {
      let fields = 0;
      for (const { bytes: part } of deviceFields(device)) {
        if (part.length > body.length || ++fields > 10_000) {
          throw new CaseFailure("more fields than bytes", { bytes });
        }
      }
    }
  });
}

async function runRecording(random) {
  const useReal = real.length > 0 && random.nextBelow(32) === 0;
  const list = useReal ? real : recordings;
  const channels = list[random.nextBelow(list.length)].map((bytes) => bytes);
  const hit = random.nextBelow(channels.length);
  channels[hit] = damaged(random, channels[hit], all);
  const inputs = useReal ? {} : Object.fromEntries(channels.map((bytes, i) => [`c${i}`, bytes]));
  const read = async (chunk) => {
    const image = new SummingImage(options);
    const found = await outcome(inputs, () =>
      decodeRecording(
        channels.map((bytes) => cut(bytes, chunk)),
        image,
        options,
      ),
    );
    return { error: found.error, sum: image.sum, pages: image.pages };
  };
  if (random.nextBelow(8) === 0) {
    await outcome(inputs, () =>
      inspectStream(
        channels.map((bytes) => cut(bytes, 65536)),
        options,
      ),
    );
    return;
  }
  const once = await read(65536);
  if (channels.length > 1 || useReal || random.nextBelow(3) > 0) return;
  // The same bytes must mean the same however they arrive.
  const again = await read(1 + random.nextBelow(random.nextBelow(2) === 0 ? 40 : 3000));
  if (JSON.stringify(once) !== JSON.stringify(again)) {
    throw new CaseFailure(
      `read as ${JSON.stringify(once)}, in pieces as ${JSON.stringify(again)}`,
      inputs,
    );
  }
}

/** Damage shows nothing unless what is damaged can be read. */
async function checkUndamaged() {
  for (const [index, channels] of recordings.entries()) {
    const reading = decodeRecording(
      channels.map((bytes) => cut(bytes, 999)),
      new VmImage(options),
    );
    await reading.catch((error) => {
      throw new Error(`the written recording ${index} cannot be read: ${error.message}`);
    });
  }
}

await checkUndamaged();
if (!(await runCasesInTurn("qemu-stream", runCase))) process.exitCode = 1;
