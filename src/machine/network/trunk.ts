import { WireFormatError } from "../../errors.js";
import type { Channel } from "../../transport/channel.js";
import type { Bytes } from "../../units.js";
import type { LearningSwitch } from "./learning-switch.js";

/** What waits on a slow channel at most; beyond it frames are dropped, as a switch drops what a port cannot take. */
const MOST_BUFFERED: Bytes = 2 ** 20;

const PLAIN = Uint8Array.of(0);
const ASTRAY = Uint8Array.of(1);

/**
 * Joins a switch to one in another process. Each frame of the channel is a byte, 1 for an Ethernet frame that was on
 * a wrong way and 0 for any other, and the Ethernet frame. The other side does the same with its switch, and
 * both are one network. Ends when the channel closes, and never closes it but for a peer that breaks the format.
 *
 * @returns Resolves when the channel has closed and the port is unplugged.
 */
export async function joinSwitch(network: LearningSwitch, channel: Channel): Promise<void> {
  const port = network.attach((frame, isAstray) => {
    if (channel.buffered < MOST_BUFFERED) channel.send([isAstray ? ASTRAY : PLAIN, frame]);
  });
  try {
    for (;;) {
      const message = await channel.receive();
      if (message === null) return;
      const [kind] = message;
      if (kind !== 0 && kind !== 1) {
        channel.close(new WireFormatError("no Ethernet frame between switches", 0));
        return;
      }
      port.send(message.subarray(1), kind === 1);
    }
  } finally {
    port.detach();
  }
}
