import { expect, test } from "vitest";
import { announcement } from "../../../../src/machine/network/announcement.js";
import { ETHER_TYPE, ethernetFrame } from "../../../../src/machine/network/ethernet.js";
import { LearningSwitch } from "../../../../src/machine/network/learning-switch.js";
import { type NetworkedMachine, plugIn } from "../../../../src/machine/network/plug.js";
import { joinSwitch } from "../../../../src/machine/network/trunk.js";
import { memoryChannels } from "../../../../src/transport/memory-channel.js";
import { SimulatedClock } from "../../../../src/world/clock.js";

const PEER = Uint8Array.of(2, 0, 0, 0, 0, 1);
const GUEST = Uint8Array.of(2, 0, 0, 0, 0, 2);

class Card implements NetworkedMachine {
  isRunning = true;
  readonly arrived: Uint8Array[] = [];
  #held: Uint8Array[] = [];
  #listener: (frame: Uint8Array) => void = () => {};

  onFrame(listener: (frame: Uint8Array) => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = () => {};
    };
  }
  send(frame: Uint8Array): void {
    this.#listener(frame);
  }
  deliverFrame(frame: Uint8Array): void {
    (this.isRunning ? this.arrived : this.#held).push(frame);
  }
  takeHeldFrames(): Uint8Array[] {
    return this.#held.splice(0);
  }
}

const ping = ethernetFrame(GUEST, PEER, ETHER_TYPE.ipv4, Uint8Array.of(1, 2, 3));
const reply = ethernetFrame(PEER, GUEST, ETHER_TYPE.ipv4, Uint8Array.of(4, 5, 6));

test("what comes for a guest while it moves follows it", () => {
  const network = new LearningSwitch(new SimulatedClock());
  const answers: Uint8Array[] = [];
  const peer = network.attach((frame) => answers.push(frame));
  const [source, target] = [new Card(), new Card()];
  const unplug = plugIn(network, source);
  source.send(reply);
  peer.send(ping);
  expect(source.arrived).toEqual([ping]);
  target.isRunning = false;
  plugIn(network, target);
  source.isRunning = false;
  peer.send(ping);
  for (const frame of announcement(GUEST, null)) target.send(frame);
  target.isRunning = true;
  expect(target.arrived).toEqual([]);
  unplug();
  expect(target.arrived).toEqual([ping]);
  peer.send(ping);
  expect(target.arrived).toEqual([ping, ping]);
  // Answers still find the peer, and nothing comes of a card that is unplugged.
  answers.length = 0;
  target.send(reply);
  source.send(reply);
  expect(answers).toEqual([reply]);
});

test("two switches that are joined are one network, until the channel closes", async () => {
  const clock = new SimulatedClock();
  const [here, there] = [new LearningSwitch(clock), new LearningSwitch(clock)];
  const { a, b } = memoryChannels();
  const joined = [joinSwitch(here, a), joinSwitch(there, b)];
  const [left, right] = [new Card(), new Card()];
  plugIn(here, left);
  plugIn(there, right);
  left.send(ping);
  await expect.poll(() => right.arrived).toEqual([ping]);
  right.send(reply);
  await expect.poll(() => left.arrived).toEqual([reply]);
  // The guest moves over, and what had come for it follows: this must not make anybody believe that the
  // sender is there.
  const moved = new Card();
  plugIn(here, moved);
  for (const frame of announcement(GUEST, null)) moved.send(frame);
  await expect.poll(() => right.arrived).toHaveLength(2);
  there.sendOn(ping);
  await expect.poll(() => moved.arrived).toEqual([ping]);
  const before = left.arrived.length;
  moved.send(reply);
  expect(left.arrived.slice(before)).toEqual([reply]);
  a.close();
  await Promise.all(joined);
  left.send(ping);
  expect(right.arrived).toHaveLength(2);
});

test("a peer that sends anything but frames is cut off", async () => {
  const network = new LearningSwitch(new SimulatedClock());
  const { a, b } = memoryChannels();
  const joined = joinSwitch(network, a);
  b.send([Uint8Array.of(2, 0, 0)]);
  await joined;
  await b.closed;
  expect(a.failure).toMatchObject({ tag: "WireFormatError" });
});
