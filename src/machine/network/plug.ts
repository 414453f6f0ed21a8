import { destinationOf, isGroup } from "./ethernet.js";
import type { LearningSwitch } from "./learning-switch.js";

/** A machine with a network card. */
export interface NetworkedMachine {
  /** Hears of each frame that the guest sends; answers how to stop. */
  onFrame(listener: (frame: Uint8Array) => void): () => void;
  /** Brings the guest a frame; one that stands keeps it. */
  deliverFrame(frame: Uint8Array): void;
  /** What it kept. */
  takeHeldFrames(): Uint8Array[];
}

/**
 * Plugs a machine's network card into a switch.
 *
 * @returns Unplugs it: when it is destroyed, or when it has moved away and runs elsewhere. What came for it
 * while it stood here is then sent after it, so that a move loses no frame.
 */
export function plugIn(network: LearningSwitch, machine: NetworkedMachine): () => void {
  const port = network.attach((frame) => machine.deliverFrame(frame));
  const stop = machine.onFrame((frame) => port.send(frame));
  return () => {
    stop();
    port.detach();
    // What is for a group has reached the guest's new place as well.
    const astray = machine.takeHeldFrames().filter((frame) => !isGroup(destinationOf(frame)));
    for (const frame of astray) network.sendOn(frame);
  };
}
