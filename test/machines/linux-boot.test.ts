import { expect } from "vitest";
import { linuxGuestFiles } from "../../src/files/linux-guest-files.js";
import { V86Machine } from "../../src/machine/v86/v86-machine.js";
import { Console } from "./linux-console.js";
import { MIB, testWithLinux } from "./linux-guest.js";

testWithLinux("Debian's Linux boots without a BIOS, and finds its network card", async () => {
  const linux = { ...(await linuxGuestFiles()), commandLine: "net=10.0.0.2/24" };
  const machine = await V86Machine.create({
    memoryBytes: 48 * MIB,
    network: "virtio",
    guest: { linux },
  });
  const shell = new Console(machine);
  await machine.resume();
  await shell.heard(/READY[\s\S]*\/ # /, 0);
  expect(await shell.run("uname -m")).toContain("i686");
  expect(await shell.run("ip addr show eth0")).toContain("inet 10.0.0.2/24");
  // Interrupt 0 is the timer's: there the card is when nobody routes it.
  expect(await shell.run("cat /proc/interrupts")).toMatch(/^ 1[01]:.*virtio/m);
  machine.destroy();
});
