import { writeFileSync } from "node:fs";

/** What the guest of `guest.S` does. */
export interface GuestSettings {
  /** Pages that it fills from 2 MiB on, at least one. */
  readonly pages: number;
  /** How many of them it writes to in turn, at least one. */
  readonly set: number;
  /** Ticks of the time-stamp counter between two pages. */
  readonly delay: number;
}

/** Where its memory begins; the first word there is the number of its round, which never stands still for long. */
export const GUEST_MEMORY: number = 2 * 2 ** 20;

/** `guest.S`, assembled: all but zeros, the settings and the mark of a boot sector. */
const CODE = `
fa31c08ed8e4920c02e6920f0116a07c0f20c00c010f22c0ea1d7c080066b810008ed88ec08ed0bc007c0000fcbf0000
20008b0df07d0000c1e10ab8b979379e69c0354e5a0140ab4975f566baf803b052ee31db43bf000020008b0df47d0000
891f899f0008000081c7001000000f3189c60f3129f03b05f87d000072f44975dfebd18d742600900000000000000000
ffff0000009acf00ffff00000092cf001700887c
`;
const SETTINGS_OFFSET = 496;
const FLOPPY_BYTES = 1_474_560;

/** Writes a floppy disk that boots the guest. */
export function writeGuestFloppy(path: string, { pages, set, delay }: GuestSettings): void {
  const disk = Buffer.alloc(FLOPPY_BYTES);
  disk.write(CODE.replaceAll("\n", ""), "hex");
  [pages, set, delay].forEach((value, index) => {
    disk.writeUInt32LE(value, SETTINGS_OFFSET + 4 * index);
  });
  disk.writeUInt16LE(0xaa55, 510);
  writeFileSync(path, disk);
}
