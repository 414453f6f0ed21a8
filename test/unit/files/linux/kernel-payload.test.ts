import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { WireFormatError } from "../../../../src/errors.js";
import { kernelPayload, unpackXz } from "../../../../src/files/linux/kernel-payload.js";

/** "a kernel, in short", by xz with the filter for x86 code, as kernels are. */
const XZ = Buffer.from(
  "/Td6WFoAAAFpIt42AgEEACEBCADSuXTLAQASYSBrZXJuZWwsIGluIHNob3J0CgAAoG7K6wABJxOQRv1+kEKZDQEAAAAAAVla",
  "base64",
);

/** A bzImage of two sectors of set-up code and a payload. */
function bzImage(payload: Uint8Array): Buffer {
  const setup = Buffer.alloc(3 * 512);
  setup[0x1f1] = 1;
  setup.write("HdrS", 0x202);
  setup.writeUInt16LE(0x20f, 0x206);
  setup.writeUInt32LE(512, 0x248);
  setup.writeUInt32LE(payload.length + 4, 0x24c);
  return Buffer.concat([setup, payload, Buffer.alloc(4)]);
}

describe("a compressed kernel", () => {
  test("is found in its image", () => {
    expect(kernelPayload(bzImage(XZ))).toEqual(XZ);
  });

  test("is refused when the image is none, cut short, or compressed otherwise", () => {
    const whole = bzImage(XZ);
    expect(() => kernelPayload(whole.subarray(0, 1000))).toThrow(WireFormatError);
    expect(() => kernelPayload(whole.subarray(0, -5))).toThrow(/cut short/);
    expect(() => kernelPayload(bzImage(Buffer.from("\x1f\x8b and so on")))).toThrow(/xz/);
    const old = bzImage(XZ);
    old.writeUInt16LE(0x207, 0x206);
    expect(() => kernelPayload(old)).toThrow(/Linux kernel/);
  });

  test.skipIf(!existsSync("/usr/bin/dpkg-deb"))("is unpacked by dpkg-deb", async () => {
    const folder = mkdtempSync(join(tmpdir(), "godwit-payload-"));
    try {
      expect(String(await unpackXz(XZ, folder))).toBe("a kernel, in short\n");
      const damaged = Buffer.from(XZ);
      damaged[30] = (damaged[30] as number) ^ 1;
      await expect(unpackXz(damaged, folder)).rejects.toThrow(WireFormatError);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
