import type { Channel } from "../../transport/channel.js";
import type { Bytes } from "../../units.js";
import type { LearningSwitch } from "./learning-switch.js";

/** What waits on a slow channel at most; beyond it frames are dropped, as a switch drops what a port cannot take. */
const MOST_BUFFERED: Bytes = 2 ** 20;

/**
 * Joins a switch to one in another process: each Ethernet frame is one frame of the channel. The other side
 * does the same with its switch, and both are one network. Ends when the channel closes; ends the channel never.
 *
 * @returns Resolves when the channel has closed and the port is unplugged.
 */
export async function joinSwitch(network: LearningSwitch, channel: Channel): Promise<void> {
  const port = network.attach((frame) => {
    if (channel.buffered < MOST_BUFFERED) channel.send([frame]);
  });
  try {
    for (;;) {
      const frame = await channel.receive();
      if (frame === null) return;
      port.send(frame);
    }
  } finally {
    port.detach();
  }
}
