import { describe, expect, test } from "vitest";
import { announcement } from "../../../../src/machine/network/announcement.js";
import { BROADCAST, ETHER_TYPE, ethernetFrame } from "../../../../src/machine/network/ethernet.js";
import {
  LearningSwitch,
  type SwitchOptions,
} from "../../../../src/machine/network/learning-switch.js";
import { SimulatedClock } from "../../../../src/world/clock.js";

const station = (number: number) => Uint8Array.of(2, 0, 0, 0, 0, number);
const [A, B, C] = [station(1), station(2), station(3)];

/** A switch with ports of these names, and what arrived where. */
function setUp(options?: SwitchOptions) {
  const clock = new SimulatedClock();
  const network = new LearningSwitch(clock, options);
  const arrived: string[] = [];
  const plug = (name: string) => network.attach(() => arrived.push(name));
  const take = () => arrived.splice(0).sort();
  const ports = { a: plug("a"), b: plug("b"), c: plug("c") };
  return { ...ports, network, clock, take };
}

const frame = (to: Uint8Array, from: Uint8Array) =>
  ethernetFrame(to, from, ETHER_TYPE.ipv4, new Uint8Array(20));

describe("a learning switch", () => {
  test("floods to all but the sender what is for somebody unknown or for everybody", () => {
    const { a, b, take } = setUp();
    a.send(frame(B, A));
    expect(take()).toEqual(["b", "c"]);
    b.send(frame(BROADCAST, B));
    expect(take()).toEqual(["a", "c"]);
  });

  test("sends a frame only to the port behind which its receiver spoke", () => {
    const { a, b, take } = setUp();
    a.send(frame(B, A));
    b.send(frame(A, B));
    take();
    a.send(frame(B, A));
    expect(take()).toEqual(["b"]);
  });

  test("sends nothing back to where it came from", () => {
    const { a, take } = setUp();
    a.send(frame(B, A));
    take();
    a.send(frame(A, C));
    expect(take()).toEqual([]);
  });

  test("looks for a guest that has moved at its old port, until it is announced at its new one", () => {
    const { a, b, c, take } = setUp();
    b.send(frame(A, B));
    take();
    a.send(frame(B, A));
    expect(take()).toEqual(["b"]);
    for (const one of announcement(B, null)) c.send(one);
    expect(take()).toEqual(["a", "b"]);
    a.send(frame(B, A));
    expect(take()).toEqual(["c"]);
  });

  test("forgets who has been silent for long", () => {
    const { a, b, clock, take } = setUp({ ageingNs: 1000 });
    b.send(frame(A, B));
    take();
    clock.advanceTo(999);
    a.send(frame(B, A));
    expect(take()).toEqual(["b"]);
    clock.advanceTo(1000);
    a.send(frame(B, A));
    expect(take()).toEqual(["b", "c"]);
  });

  test("forgets who was behind a port that is unplugged, and that port sends no more", () => {
    const { a, b, take } = setUp();
    b.send(frame(A, B));
    take();
    b.detach();
    a.send(frame(B, A));
    expect(take()).toEqual(["c"]);
    b.send(frame(A, B));
    expect(take()).toEqual([]);
  });

  test("remembers no more senders than it has room for, nor groups", () => {
    const { a, b, c, clock, take } = setUp({ ageingNs: 1000, tableSize: 1 });
    b.send(frame(A, BROADCAST));
    b.send(frame(A, B));
    c.send(frame(A, C));
    take();
    a.send(frame(C, A));
    expect(take()).toEqual(["b", "c"]);
    a.send(frame(B, A));
    expect(take()).toEqual(["b"]);
    clock.advanceTo(1000);
    c.send(frame(A, C));
    take();
    a.send(frame(C, A));
    expect(take()).toEqual(["c"]);
  });

  test("sends on what went astray without learning from it", () => {
    const { network, a, c, take } = setUp();
    c.send(frame(A, C));
    a.send(frame(C, A));
    take();
    network.sendOn(frame(C, A));
    expect(take()).toEqual(["c"]);
    network.sendOn(frame(B, A));
    expect(take()).toEqual(["a", "b", "c"]);
    c.send(frame(A, C));
    expect(take()).toEqual(["a"]);
  });

  test("drops what is no frame", () => {
    const { network, a, take } = setUp();
    a.send(new Uint8Array(13));
    a.send(new Uint8Array(1519));
    network.sendOn(new Uint8Array(13));
    expect(take()).toEqual([]);
  });
});
