/**
 * Where the boot parameters of a kernel are in the guest's memory; the stub hands this address on. Below it
 * lies the stub, above it up to 640 KiB there is room for the command line.
 */
export const BOOT_PARAMETERS = 0x10000;

/** `scripts/v86-guests/linux-stub.S`, assembled. Its last word is where the kernel begins. */
const CODE =
  "02b0ad1b00000100fe4f51e40080000000800000848000008480000020800000" +
  "fa0f011578800000ea2f800000100066b818008ed88ec08ee08ee88ed0bc00f0" +
  "080031ed31ff31dbbe00000100ff25808000008d742600900000000000000000" +
  "0000000000000000ffff0000009acf00ffff00000092cf001f00588000006690" +
  "00000000";

/**
 * A multiboot image of 132 bytes that enters a Linux kernel by its 32-bit boot protocol.
 *
 * @param entry - Physical address at which the kernel begins.
 */
export function linuxStub(entry: number): Uint8Array {
  const bytes = new Uint8Array(CODE.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(CODE.slice(2 * at, 2 * at + 2), 16);
  }
  new DataView(bytes.buffer).setUint32(bytes.length - 4, entry, true);
  return bytes;
}
