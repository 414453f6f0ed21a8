import { test } from "vitest";
import { linuxGuestFiles } from "../../src/files/linux-guest-files.js";
import { type BootedLinuxOptions, bootedLinux } from "../../src/host/booted-linux.js";
import type { V86Machine } from "../../src/machine/v86/v86-machine.js";

/** Why there is no Linux guest here; null when there is one. */
const problem: string | null = await linuxGuestFiles().then(
  () => null,
  ({ message }: Error) => message,
);
if (problem !== null && /^(1|true)$/i.test(process.env["CI"] ?? "")) throw new Error(problem);

/** A test with a Linux guest, skipped where there is none. */
export const testWithLinux = test.skipIf(problem !== null);

/** The guest's address on its network. */
export const GUEST_ADDRESS: Uint8Array = Uint8Array.of(10, 0, 0, 2);

export const MIB: number = 2 ** 20;

/** A Linux at its shell, which stands. The same boot serves all tests that ask for the same. */
export function linux(
  options: Partial<Pick<BootedLinuxOptions, "memoryBytes" | "network">> = {},
): Promise<V86Machine> {
  const { memoryBytes = 64 * MIB, network = "ne2k" } = options;
  const address = `${GUEST_ADDRESS.join(".")}/24`;
  return bootedLinux({ memoryBytes, network, ...(network && { address }) });
}
