import { setTimeout } from "node:timers/promises";
import { bootedLinux } from "../../dist/host/booted-linux.js";
import { testGuest } from "../../dist/machine/v86/test-guest.js";
import { V86Machine } from "../../dist/machine/v86/v86-machine.js";

const MIB = 2 ** 20;
/** Until v86 has compiled what the guest does. */
const SETTLE_MS = 1500;
/** What keeps Linux busy: it writes files and takes their sums. */
const WORK =
  "while true; do dd if=/dev/urandom of=/tmp/x bs=4k count=64 2>/dev/null; md5sum /tmp/x >> /tmp/log; done &\n";

/** Guests that move, by the name of their pattern. */
export const GUESTS = {
  "test guest, 32 MiB": {
    memoryBytes: 32 * MIB,
    make: () => {
      const guest = testGuest({ pages: 2048, paging: true, exec: true, delay: 2000 });
      return V86Machine.create({ memoryBytes: 32 * MIB, guest });
    },
    work: "",
  },
  "Linux, 128 MiB": {
    memoryBytes: 128 * MIB,
    make: () => bootedLinux({ memoryBytes: 128 * MIB }),
    work: WORK,
  },
};

/** A machine amid its work. */
export async function busyMachine(pattern, settleMs = SETTLE_MS) {
  const { make, work } = GUESTS[pattern];
  const machine = await make();
  await machine.resume();
  machine.sendSerial(work);
  await setTimeout(settleMs);
  return machine;
}
