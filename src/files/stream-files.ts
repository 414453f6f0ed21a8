import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { createGunzip } from "node:zlib";
import { WireFormatError } from "../errors.js";
import { attempt, statOfReadable } from "./file-errors.js";

const EXPECTED = "a recorded migration stream, plain or with gzip";
const GZIP_MAGIC = [0x1f, 0x8b];

/**
 * Checks that a recorded stream can be read, and answers its bytes, unpacked if gzip has packed them. They
 * are read as they are asked for.
 *
 * @param option - How errors name the path.
 * @throws InvalidOptionError for what is no file that can be read; also while it is read.
 * @throws WireFormatError, while it is read, for damaged gzip data.
 */
export async function openStreamFile(
  option: string,
  path: string,
  folder: string,
): Promise<AsyncIterable<Uint8Array>> {
  const place = resolve(folder, path);
  statOfReadable(option, place, EXPECTED, path);
  const start = await firstBytes(place).catch((cause) => fail(option, path, cause));
  const isPacked = GZIP_MAGIC.every((byte, i) => start[i] === byte);
  return chunksOf(option, path, place, isPacked);
}

async function firstBytes(place: string): Promise<Uint8Array> {
  const file = await open(place);
  try {
    const { buffer } = await file.read(new Uint8Array(GZIP_MAGIC.length));
    return buffer;
  } finally {
    await file.close();
  }
}

async function* chunksOf(
  option: string,
  path: string,
  place: string,
  isPacked: boolean,
): AsyncGenerator<Uint8Array> {
  const file = createReadStream(place);
  const unpacked = isPacked ? createGunzip({ chunkSize: 65536 }) : null;
  // An error of the file must reach whoever reads what is unpacked from it.
  if (unpacked !== null) file.on("error", (error) => unpacked.destroy(error)).pipe(unpacked);
  try {
    yield* unpacked ?? file;
  } catch (cause) {
    fail(option, path, cause);
  } finally {
    file.destroy();
    unpacked?.destroy();
  }
}

function fail(option: string, path: string, cause: unknown): never {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  if (code.startsWith("Z_")) {
    // What was still being written, or only copied in part, is no damage.
    const what = code === "Z_BUF_ERROR" ? "the gzip data ends too early" : "damaged gzip data";
    throw new WireFormatError(`${path}: ${what}`, -1, { cause });
  }
  return attempt(option, path, EXPECTED, () => {
    throw cause;
  });
}
