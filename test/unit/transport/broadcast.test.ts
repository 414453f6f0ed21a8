import { expect, test } from "vitest";
import { dialBroadcast, listenBroadcast } from "../../../src/transport/broadcast-channel.js";
import type { Channel } from "../../../src/transport/channel.js";
import { channelConformance } from "./channel-conformance.js";

let names = 0;

channelConformance("a BroadcastChannel", async () => {
  let accept!: (channel: Channel) => void;
  const accepted = new Promise<Channel>((resolve) => {
    accept = resolve;
  });
  const address = `broadcast:conformance-${names++}`;
  const listener = await listenBroadcast(address, accept);
  const a = await dialBroadcast(address);
  return { a, b: await accepted, end: () => listener.close() };
});

test("several connections under one name are kept apart", async () => {
  const accepted: Channel[] = [];
  const listener = await listenBroadcast("broadcast:many", (channel) => accepted.push(channel));
  const dialled = await Promise.all([1, 2, 3].map(() => dialBroadcast("broadcast:many")));
  for (const [index, channel] of dialled.entries()) channel.send([Uint8Array.of(index)]);
  const heard = await Promise.all(accepted.map(async (channel) => (await channel.receive())?.[0]));
  expect(heard.sort()).toEqual([0, 1, 2]);
  for (const channel of dialled) channel.close();
  await listener.close();
});

test("nobody answers under a name that nobody listens to", async () => {
  const nobody = dialBroadcast("broadcast:nobody", { handshakeMs: 50 });
  await expect(nobody).rejects.toThrow("broadcast:nobody: no tab answers under that name");
  await expect(dialBroadcast("tcp://a:1")).rejects.toThrow(/expected broadcast:name/);
});
