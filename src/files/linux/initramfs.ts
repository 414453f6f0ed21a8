import { type CpioEntry, cpioArchive } from "./cpio.js";
import type { KernelModule } from "./kernel-modules.js";

/** The drivers of v86's two network cards. */
export const NETWORK_MODULES: readonly string[] = ["ne2k-pci", "virtio_net", "virtio_pci"];

const FOLDER = 0o040755;
const PROGRAM = 0o100755;
const FILE = 0o100644;
const DEVICE = 0o020600;
const MODULES = "lib/modules";

/**
 * The first program. The word `net=10.0.0.2/24` on the kernel's command line gives the first network card
 * that address; no drivers are loaded without. It says READY on the serial line and then serves a shell there.
 */
function initScript(modules: readonly KernelModule[]): string {
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/ TERM=linux
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
mkdir -p /dev/pts && mount -t devpts devpts /dev/pts
ip link set lo up
for word in $(cat /proc/cmdline); do
  case $word in
    net=*)
      for module in ${modules.map(({ name }) => name).join(" ")}; do
        insmod /${MODULES}/$module.ko
      done
      ip link set eth0 up
      ip address add "\${word#net=}" dev eth0
      ;;
  esac
done
echo READY
while true; do setsid cttyhack sh; done
`;
}

/**
 * Packs the first file system of the guest. It is not compressed: that would save a megabyte in a cache, and
 * cost the emulated kernel several seconds at each start.
 */
export function buildInitramfs(busybox: Uint8Array, modules: readonly KernelModule[]): Buffer {
  const folders = ["bin", "dev", "lib", MODULES, "proc", "sys", "tmp"];
  const entries: CpioEntry[] = [
    ...folders.map((path) => ({ path, mode: FOLDER })),
    { path: "bin/busybox", mode: PROGRAM, bytes: busybox },
    { path: "init", mode: PROGRAM, bytes: Buffer.from(initScript(modules)) },
    // The kernel opens it for the first program, before that has mounted anything.
    { path: "dev/console", mode: DEVICE, device: [5, 1] },
    ...modules.map(({ name, bytes }) => ({ path: `${MODULES}/${name}.ko`, mode: FILE, bytes })),
  ];
  return cpioArchive(entries);
}
