import { InvalidOptionError } from "../../errors.js";
import type { Bytes } from "../../units.js";

const MAGIC = 0x1badb002;
/** The header begins at a multiple of 4 and lies wholly within the first 8 KiB. */
const SEARCHED: Bytes = 8192;
const HEADER: Bytes = 12;

/**
 * Looks for the header that makes an image one for v86 to start: magic, flags, and what makes their sum 0.
 *
 * @throws InvalidOptionError when there is none; v86 itself would run on with nothing to run.
 */
export function checkMultiboot(image: Uint8Array): void {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const last = Math.min(SEARCHED, image.length) - HEADER;
  for (let at = 0; at <= last; at += 4) {
    const [magic, flags, sum] = [0, 4, 8].map((part) => view.getUint32(at + part, true));
    if (magic === MAGIC && ((magic + (flags ?? 0) + (sum ?? 0)) | 0) === 0) return;
  }
  const given = `(${image.length} bytes without a multiboot header)`;
  throw new InvalidOptionError("guest", given, "the file of a multiboot kernel");
}
