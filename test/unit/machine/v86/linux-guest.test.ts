import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../../src/errors.js";
import {
  LEAST_LINUX_BYTES,
  LINUX_COMMAND_LINE,
  linuxBootImage,
  placeLinux,
} from "../../../../src/machine/v86/linux-guest.js";
import { readKernel } from "../../../../src/machine/v86/linux-kernel.js";
import { BOOT_PARAMETERS } from "../../../../src/machine/v86/linux-stub.js";

const CODE = Uint8Array.of(0x90, 0xf4, 1, 2, 3);
const PHYSICAL = 0x1000000;
const VIRTUAL = 0xc1000000;

/** A kernel of one segment, which is eight bytes longer in memory. */
function kernel(entry = VIRTUAL + 1): Uint8Array {
  const bytes = new Uint8Array(84 + CODE.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(18, 3, true);
  view.setUint32(24, entry, true);
  view.setUint32(28, 52, true);
  view.setUint16(44, 1, true);
  const header = [1, 84, VIRTUAL, PHYSICAL, CODE.length, CODE.length + 8, 5, 4096];
  header.forEach((value, index) => {
    view.setUint32(52 + 4 * index, value, true);
  });
  bytes.set(CODE, 84);
  return bytes;
}

const initramfs = new TextEncoder().encode("0707 and so on");

describe("a kernel", () => {
  test("is its segments, and an entry as a physical address", () => {
    const { entry, segments, end } = readKernel(kernel());
    expect(entry).toBe(PHYSICAL + 1);
    expect(segments).toEqual([{ address: PHYSICAL, bytes: CODE, memoryBytes: CODE.length + 8 }]);
    expect(end).toBe(PHYSICAL + CODE.length + 8);
    expect(readKernel(kernel(PHYSICAL + 2)).entry).toBe(PHYSICAL + 2);
  });

  test("that is none, or cut short anywhere, is refused", () => {
    const whole = kernel();
    for (let length = 0; length < whole.length; length++) {
      expect(() => readKernel(whole.subarray(0, length)), `${length} bytes`).toThrow(
        InvalidOptionError,
      );
    }
    for (const [at, value] of [
      [0, 0],
      [4, 2],
      [18, 62],
      [44, 255],
      [71, 255],
    ] as const) {
      const damaged = whole.slice();
      damaged[at] = value;
      expect(() => readKernel(damaged), `byte ${at}`).toThrow(InvalidOptionError);
    }
    expect(() => readKernel(kernel(0x100000))).toThrow(/first instruction/);
  });
});

test("the image that starts it is multiboot, and jumps to the kernel's entry", () => {
  const image = linuxBootImage({ vmlinux: kernel(), initramfs });
  const words = new DataView(image.buffer);
  expect(words.getUint32(0, true)).toBe(0x1badb002);
  expect(
    (words.getUint32(0, true) + words.getUint32(4, true) + words.getUint32(8, true)) % 2 ** 32,
  ).toBe(0);
  expect(words.getUint32(image.length - 4, true)).toBe(PHYSICAL + 1);
});

describe("placing a kernel", () => {
  const place = (commandLine: string) => {
    const memory = new Uint8Array(LEAST_LINUX_BYTES).fill(0xaa);
    placeLinux(memory, { vmlinux: kernel(), initramfs, commandLine });
    return { memory, view: new DataView(memory.buffer) };
  };

  test("fills its segments, and with zeros what its file does not have", () => {
    const { memory } = place("");
    const placed = memory.subarray(PHYSICAL, PHYSICAL + CODE.length + 9);
    expect([...placed]).toEqual([...CODE, ...new Uint8Array(8), 0xaa]);
  });

  test("says in the boot parameters where initramfs, command line and memory are", () => {
    const { memory, view } = place("net=10.0.0.2/24");
    const address = view.getUint32(BOOT_PARAMETERS + 0x218, true);
    expect(view.getUint32(BOOT_PARAMETERS + 0x21c, true)).toBe(initramfs.length);
    expect(address % 4096).toBe(0);
    expect(memory.subarray(address, address + initramfs.length)).toEqual(initramfs);
    const text = view.getUint32(BOOT_PARAMETERS + 0x228, true);
    const end = memory.indexOf(0, text);
    expect(new TextDecoder().decode(memory.subarray(text, end))).toBe(
      `${LINUX_COMMAND_LINE} net=10.0.0.2/24`,
    );
    const entries = view.getUint8(BOOT_PARAMETERS + 0x1e8);
    const last = BOOT_PARAMETERS + 0x2d0 + 20 * (entries - 1);
    expect(view.getUint32(last, true) + view.getUint32(last + 8, true)).toBe(memory.length);
  });

  test("is refused where it does not fit", () => {
    const guest = { vmlinux: kernel(), initramfs };
    expect(() => placeLinux(new Uint8Array(LEAST_LINUX_BYTES - 4096), guest)).toThrow(/memory/);
    const large = { ...guest, initramfs: new Uint8Array(LEAST_LINUX_BYTES) };
    expect(() => placeLinux(new Uint8Array(LEAST_LINUX_BYTES), large)).toThrow(/room/);
    expect(() => place("x".repeat(2048))).toThrow(/commandLine/);
    expect(() => place("a\0b")).toThrow(/commandLine/);
  });
});
