import { chmod, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { imageChunks, imageSize, readTraceFolder } from "../../../src/files/contents-files.js";
import { encodeTrace, type RecordedTrace } from "../../../src/memory/recorded-trace.js";
import { PAGE_SIZE } from "../../../src/units.js";

const folder = await mkdtemp(join(tmpdir(), "godwit-files-"));
afterAll(() => rm(folder, { recursive: true }));

const trace: RecordedTrace = {
  pageCount: 256,
  pageSize: PAGE_SIZE,
  base: new Uint8Array(2 ** 20).fill(3),
  snapshots: [{ ranNs: 250_000_000, pages: Uint32Array.of(9), bytes: new Uint8Array(PAGE_SIZE) }],
};

async function traceFolder(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  const encoded = await encodeTrace(trace, "test");
  await writeFile(join(path, "meta.json"), encoded.meta);
  await writeFile(join(path, "base.ram.gz"), encoded.base);
  await writeFile(join(path, "deltas.bin.gz"), encoded.deltas);
  return path;
}

async function contents(path: string, chunkBytes?: number): Promise<number[]> {
  const sizes: number[] = [];
  for await (const chunk of imageChunks(path, chunkBytes)) sizes.push(chunk.length);
  return sizes;
}

describe("a trace folder", () => {
  test("is read whole", async () => {
    const { base, ...read } = await readTraceFolder(await traceFolder("good"));
    const { base: expected, ...rest } = trace;
    expect(Buffer.compare(base, expected)).toBe(0);
    expect(read).toEqual(rest);
  });

  test("that is missing is refused by name", async () => {
    const path = join(folder, "nowhere");
    await expect(readTraceFolder(path)).rejects.toMatchObject({
      tag: "InvalidOptionError",
      option: "trace",
      value: path,
      message: expect.stringMatching(/meta\.json, base\.ram\.gz, deltas\.bin\.gz; it does not/),
    });
  });

  test("that is a file is refused", async () => {
    const path = join(folder, "file");
    await writeFile(path, "");
    await expect(readTraceFolder(path)).rejects.toThrow(/it is not a folder/);
  });

  test.each(["meta.json", "base.ram.gz", "deltas.bin.gz"])("without %s", async (name) => {
    const path = await traceFolder(`without-${name}`);
    await rm(join(path, name));
    await expect(readTraceFolder(path)).rejects.toMatchObject({
      tag: "InvalidOptionError",
      value: join(path, name),
    });
  });

  test("with a damaged file is refused with the file's path", async () => {
    const path = await traceFolder("damaged");
    await truncate(join(path, "deltas.bin.gz"), 40);
    await expect(readTraceFolder(path)).rejects.toMatchObject({
      tag: "WireFormatError",
      message: expect.stringContaining(`${path}/deltas.bin.gz: `),
    });
  });

  test.skipIf(process.platform === "win32")("with a file that may not be read", async () => {
    const path = await traceFolder("locked");
    await chmod(join(path, "base.ram.gz"), 0);
    await chmod(folder, 0o755);
    await withoutPrivileges(async () => {
      await expect(readTraceFolder(path)).rejects.toThrow(/base\.ram\.gz.*permission denied/);
    });
  });
});

/** Nothing is forbidden to root, so as root the test becomes somebody else for a while. */
async function withoutPrivileges(work: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe("a raw image", () => {
  test("comes in whole pages", async () => {
    const path = join(folder, "image");
    await writeFile(path, new Uint8Array(5 * PAGE_SIZE));
    expect(await imageSize(path)).toBe(5 * PAGE_SIZE);
    expect(await contents(path)).toEqual([5 * PAGE_SIZE]);
    expect(await contents(path, 2 * PAGE_SIZE)).toEqual([8192, 8192, 4096]);
  });

  test("keeps its bytes in order", async () => {
    const path = join(folder, "ordered");
    const bytes = Uint8Array.from({ length: 3 * PAGE_SIZE }, (_, i) => (i >> 8) & 255);
    await writeFile(path, bytes);
    const read: Uint8Array[] = [];
    for await (const chunk of imageChunks(path, PAGE_SIZE)) read.push(chunk.slice());
    expect(Buffer.concat(read).equals(bytes)).toBe(true);
  });

  test.each([0, 1, PAGE_SIZE - 1, PAGE_SIZE + 1])("of %d bytes is refused", async (size) => {
    const path = join(folder, `of-${size}`);
    await writeFile(path, new Uint8Array(size));
    await expect(imageSize(path)).rejects.toMatchObject({
      tag: "InvalidOptionError",
      message: expect.stringContaining(`it has ${size} bytes`),
    });
  });

  test("beyond 64 GiB is refused", async () => {
    const path = join(folder, "huge");
    await writeFile(path, "");
    await truncate(path, 64 * 2 ** 30 + PAGE_SIZE);
    await expect(contents(path)).rejects.toThrow(/4096 bytes to 64 GiB/);
  });

  test("that is a folder or is missing is refused", async () => {
    await expect(imageSize(folder)).rejects.toThrow(/it is not a regular file/);
    await expect(imageSize(join(folder, "none"))).rejects.toThrow(/it does not exist/);
    await expect(imageSize(join(folder, "file", "x"))).rejects.toThrow(/not a folder/);
  });

  test("that shrinks while it is read is refused", async () => {
    const path = join(folder, "shrinking");
    await writeFile(path, new Uint8Array(4 * PAGE_SIZE));
    const chunks = imageChunks(path, PAGE_SIZE);
    await chunks.next();
    await truncate(path, PAGE_SIZE);
    await expect(chunks.next()).rejects.toThrow(/does not change while it is read/);
  });

  test("is not read in parts of pages", async () => {
    await expect(contents(join(folder, "image"), 1000)).rejects.toThrow(/multiple of 4096/);
  });
});
