import { createReadStream, type Stats } from "node:fs";
import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { InvalidOptionError } from "../errors.js";
import { type RecordedTrace, readTrace } from "../memory/recorded-trace.js";
import { TRACE_FILE_NAMES } from "../memory/trace-format.js";
import { type Bytes, PAGE_SIZE } from "../units.js";

/** Largest raw memory image: 64 GiB. */
const MAX_IMAGE_BYTES: Bytes = 64 * 2 ** 30;
/** Longest meta.json that is read at all. */
const MAX_META_BYTES: Bytes = 32 * 2 ** 20;
/** Bytes of an image handed on at a time by default: 1 MiB, 256 pages. */
const CHUNK_BYTES: Bytes = 2 ** 20;

const TRACE_EXPECTED = `a folder with ${Object.values(TRACE_FILE_NAMES).join(", ")}`;
const IMAGE_EXPECTED = `a raw memory image: a file of 4096-byte pages, ${PAGE_SIZE} bytes to 64 GiB`;

/**
 * Reads the recorded trace in a folder.
 *
 * @throws InvalidOptionError when the folder or one of its files is missing or cannot be read.
 * @throws WireFormatError when a file is damaged; the text names it below the folder as it was given.
 */
export async function readTraceFolder(folder: string): Promise<RecordedTrace> {
  const status = await statOf("trace", folder, TRACE_EXPECTED);
  if (!status.isDirectory()) {
    throw new InvalidOptionError("trace", folder, `${TRACE_EXPECTED}; it is not a folder`);
  }
  for (const name of Object.values(TRACE_FILE_NAMES)) await checkTraceFile(folder, name);
  const metaPath = join(folder, TRACE_FILE_NAMES.meta);
  const meta = await readFile(metaPath).catch((cause) => refuse("trace", metaPath, cause));
  const stream = (name: string): ReadableStream<Uint8Array> =>
    Readable.toWeb(createReadStream(join(folder, name))) as ReadableStream<Uint8Array>;
  return readTrace({
    meta,
    base: stream(TRACE_FILE_NAMES.base),
    deltas: stream(TRACE_FILE_NAMES.deltas),
    folder,
  });
}

/** Opening each file before any is read gives the reason in words, rather than as a damaged stream. */
async function checkTraceFile(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  const status = await statOf("trace", path, `${TRACE_EXPECTED} in ${folder}`);
  if (!status.isFile()) throw new InvalidOptionError("trace", path, "a regular file");
  if (name === TRACE_FILE_NAMES.meta && status.size > MAX_META_BYTES) {
    throw new InvalidOptionError("trace", path, `a file of at most ${MAX_META_BYTES} bytes`);
  }
  const handle = await openFile("trace", path);
  await handle.close();
}

/**
 * Size in bytes of a raw memory image: a regular file of whole pages, one page to 64 GiB.
 *
 * @throws InvalidOptionError when the file is anything else, is missing or cannot be read.
 */
export async function imageSize(path: string): Promise<Bytes> {
  const status = await statOf("image", path, IMAGE_EXPECTED);
  if (!status.isFile()) {
    throw new InvalidOptionError("image", path, `${IMAGE_EXPECTED}; it is not a regular file`);
  }
  const { size } = status;
  if (size < PAGE_SIZE || size > MAX_IMAGE_BYTES || size % PAGE_SIZE !== 0) {
    throw new InvalidOptionError("image", path, `${IMAGE_EXPECTED}; it has ${size} bytes`);
  }
  const handle = await openFile("image", path);
  await handle.close();
  return size;
}

/**
 * A raw memory image piece by piece, from guest-physical address 0. Each piece has `chunkBytes` bytes, the
 * last one perhaps fewer, and all have whole pages; a piece is valid until the next one is asked for.
 *
 * @throws InvalidOptionError as {@link imageSize}, or when the file shrinks or grows while it is read.
 */
export async function* imageChunks(
  path: string,
  chunkBytes: Bytes = CHUNK_BYTES,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!Number.isSafeInteger(chunkBytes) || chunkBytes < PAGE_SIZE || chunkBytes % PAGE_SIZE !== 0) {
    throw new InvalidOptionError("chunkBytes", chunkBytes, `a multiple of ${PAGE_SIZE}`);
  }
  const size = await imageSize(path);
  const handle = await openFile("image", path);
  try {
    const buffer = new Uint8Array(Math.min(chunkBytes, size));
    for (let offset = 0; offset < size; offset += buffer.length) {
      const chunk = buffer.subarray(0, Math.min(buffer.length, size - offset));
      await fillFrom(handle, path, chunk, offset);
      yield chunk;
    }
    if ((await handle.stat()).size !== size) {
      throw new InvalidOptionError("image", path, "a file that does not change while it is read");
    }
  } finally {
    await handle.close();
  }
}

async function fillFrom(
  handle: FileHandle,
  path: string,
  into: Uint8Array,
  offset: Bytes,
): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const left = into.length - filled;
    const { bytesRead } = await handle
      .read(into, filled, left, offset + filled)
      .catch((cause) => refuse("image", path, cause));
    if (bytesRead === 0) {
      throw new InvalidOptionError("image", path, "a file that does not change while it is read");
    }
    filled += bytesRead;
  }
}

async function openFile(option: string, path: string): Promise<FileHandle> {
  return open(path, "r").catch((cause) => refuse(option, path, cause));
}

async function statOf(option: string, path: string, expected: string): Promise<Stats> {
  return stat(path).catch((cause) => refuse(option, path, cause, expected));
}

/** Turns the file system's error code into words. */
function refuse(
  option: string,
  path: string,
  cause: unknown,
  expected = "a file that can be read",
): never {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  const reasons: Record<string, string> = {
    ENOENT: "it does not exist",
    ENOTDIR: "part of the path is not a folder",
    EACCES: "permission denied",
    EPERM: "permission denied",
    ENAMETOOLONG: "the name is too long",
    ELOOP: "too many symbolic links",
  };
  const reason = reasons[code] ?? `the system answers ${code}`;
  throw new InvalidOptionError(option, path, `${expected}; ${reason}`, { cause });
}
