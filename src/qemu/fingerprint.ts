import { VerificationError, WireFormatError } from "../errors.js";
import { PageScan } from "../kernel/page-scan.js";
import { PAGE_SIZE } from "../units.js";
import type { BlockPages } from "./block-pages.js";
import type { VmFingerprint } from "./compact.js";
import type { VmImage } from "./vm-image.js";

/** What a guest must be again after it was written and read. */
export function fingerprint(vm: VmImage): VmFingerprint {
  return {
    blocks: vm.memory.map((pages) => ({
      name: pages.block.name,
      bytes: pages.block.length,
      digests: digestsOf(pages),
    })),
    devices: vm.devices.map(({ name, instanceId, versionId, body }) => ({
      name,
      instanceId,
      versionId,
      body,
    })),
  };
}

function digestsOf(pages: BlockPages): BigUint64Array {
  const digests = new BigUint64Array(pages.block.length / PAGE_SIZE);
  const [zero] = PageScan.digests(new Uint8Array(PAGE_SIZE));
  digests.fill(zero as bigint);
  for (const { offset, bytes } of pages.pieces()) {
    if (bytes !== null) digests.set(PageScan.digests(bytes), offset / PAGE_SIZE);
  }
  return digests;
}

/** @throws VerificationError or WireFormatError where two guests are not the same. */
export function assertSame(found: VmFingerprint, expected: VmFingerprint): void {
  const isSameMemory =
    found.blocks.length === expected.blocks.length &&
    found.blocks.every(({ name, bytes }, index) => {
      const other = expected.blocks[index];
      return other?.name === name && other.bytes === bytes;
    });
  if (!isSameMemory) throw new WireFormatError("the blocks of memory are others", -1);
  const differing = found.blocks.reduce((sum, { digests }, index) => {
    const wanted = expected.blocks[index]?.digests;
    return sum + digests.reduce((count, one, page) => count + (one === wanted?.[page] ? 0 : 1), 0);
  }, 0);
  if (differing > 0) throw new VerificationError(differing);
  const isSameDevices =
    found.devices.length === expected.devices.length &&
    found.devices.every((one, index) => isSameDevice(one, expected.devices[index]));
  if (!isSameDevices) throw new WireFormatError("the states of devices are others", -1);
}

type Device = VmFingerprint["devices"][number];

function isSameDevice(one: Device, other: Device | undefined): boolean {
  return (
    one.name === other?.name &&
    one.instanceId === other.instanceId &&
    one.versionId === other.versionId &&
    one.body.length === other.body.length &&
    one.body.every((byte, index) => byte === other.body[index])
  );
}
