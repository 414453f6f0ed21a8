import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { WireFormatError } from "../../errors.js";

/** Offsets in a bzImage (Documentation/x86/boot.rst). */
const SETUP_SECTORS = 0x1f1;
const HEADER_MAGIC = 0x202;
const VERSION = 0x206;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
/** "HdrS". */
const MAGIC = 0x53726448;
/** The first version whose header says where the payload is. */
const LEAST_VERSION = 0x208;
const SECTOR = 512;
const XZ_MAGIC = "fd377a585a00";
/** More than any kernel has. */
const MAX_KERNEL_BYTES = 2 ** 28;

/**
 * The compressed kernel within a bzImage, as an xz file.
 *
 * @throws WireFormatError when it is no bzImage, or compressed otherwise.
 */
export function kernelPayload(image: Uint8Array): Uint8Array {
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  const isKernel = bytes.length > 2 * SECTOR && bytes.readUInt32LE(HEADER_MAGIC) === MAGIC;
  if (!isKernel || bytes.readUInt16LE(VERSION) < LEAST_VERSION) {
    throw new WireFormatError("not a Linux kernel (bzImage)", HEADER_MAGIC);
  }
  const setup = (bytes.readUInt8(SETUP_SECTORS) + 1) * SECTOR;
  const start = setup + bytes.readUInt32LE(PAYLOAD_OFFSET);
  const end = start + bytes.readUInt32LE(PAYLOAD_LENGTH);
  if (end > bytes.length) throw new WireFormatError("the kernel is cut short", bytes.length);
  // The last four bytes are the length of the kernel, which xz does not know of.
  const payload = bytes.subarray(start, end - 4);
  if (!payload.toString("hex", 0, 6).startsWith(XZ_MAGIC)) {
    throw new WireFormatError("the kernel is not compressed with xz", start);
  }
  return payload;
}

/**
 * Decompresses an xz file. Where there is dpkg-deb there need not be an `xz`, but dpkg-deb has the
 * decompressor within: what it finds as a package's data, it unpacks and does not look into.
 */
export async function unpackXz(compressed: Uint8Array, folder: string): Promise<Uint8Array> {
  const wrapper = join(folder, "wrapped.deb");
  await writeFile(wrapper, wrapAsPackage(compressed));
  const child = spawn("dpkg-deb", ["--fsys-tarfile", wrapper], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of child.stdout) {
    length += chunk.length;
    if (length > MAX_KERNEL_BYTES) child.kill();
    chunks.push(chunk);
  }
  if ((await ended) !== 0) throw new WireFormatError("the compressed kernel is damaged", -1);
  return Buffer.concat(chunks);
}

/** A package of Debian with nothing but data; the archive's format is that of `ar`. */
function wrapAsPackage(data: Uint8Array): Buffer {
  const members: [name: string, bytes: Uint8Array][] = [
    ["debian-binary", Buffer.from("2.0\n")],
    ["control.tar", new Uint8Array(1024)],
    ["data.tar.xz", data],
  ];
  const parts: Uint8Array[] = [Buffer.from("!<arch>\n")];
  for (const [name, bytes] of members) {
    const header = `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(bytes.length).padEnd(10)}\`\n`;
    parts.push(Buffer.from(header), bytes, Buffer.alloc(bytes.length % 2, "\n"));
  }
  return Buffer.concat(parts);
}
