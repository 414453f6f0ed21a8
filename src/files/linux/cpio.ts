/** A file, a folder (`bytes` null) or a character device for an archive. */
export interface CpioEntry {
  /** Path from the root, without a slash at its start. Folders come before what is in them. */
  readonly path: string;
  /** Type and permissions, as in `st_mode`. */
  readonly mode: number;
  readonly bytes?: Uint8Array;
  /** Of a device: its major and minor number. */
  readonly device?: readonly [major: number, minor: number];
}

const MAGIC = "070701";
const TRAILER = "TRAILER!!!";

/** An archive as Linux unpacks it at its start (`cpio -H newc`), with no owner but root and no times. */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = [];
  const all = [...entries, { path: TRAILER, mode: 0 }];
  all.forEach(({ path, mode, bytes = new Uint8Array(), device = [0, 0] }: CpioEntry, index) => {
    const name = Buffer.from(`${path}\0`);
    const [major, minor] = device;
    // Inode, mode, owner, group, links, time, length, device, device of the file, length of the name, checksum.
    const fields = [index, mode, 0, 0, 1, 0, bytes.length, 0, 0, major, minor, name.length, 0];
    const header = fields.map((field) => field.toString(16).padStart(8, "0")).join("");
    parts.push(padded(Buffer.concat([Buffer.from(MAGIC + header), name])), padded(bytes));
  });
  return Buffer.concat(parts);
}

/** Everything begins at a multiple of four bytes. */
function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
