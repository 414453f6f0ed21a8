import { expect, inject, test } from "vitest";
import { MAX_FRAME_BYTES } from "../../src/transport/channel.js";
import { dialWebSocket } from "../../src/transport/web-socket-client.js";

const address = inject("webSocketAddress");
const token = inject("webSocketToken");

test("a page and a host in Node exchange frames of all sizes", async () => {
  const channel = await dialWebSocket(address, { token });
  for (const size of [0, 1, 65_535, 65_536, 2 ** 20 + 3, MAX_FRAME_BYTES]) {
    const sent = Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 11)) & 255);
    channel.send([sent]);
    const back = (await channel.receive()) as Uint8Array;
    expect(back.length).toBe(size);
    expect(back.every((byte, at) => byte === sent[at])).toBe(true);
  }
  await channel.drained(1);
  channel.close();
  expect(channel.failure).toBe(undefined);
});

test("a page without the token is not let in", async () => {
  await expect(dialWebSocket(address)).rejects.toThrow(/it asks for a token/);
  const wrong = dialWebSocket(address, { token: "another token, as long" });
  await expect(wrong).rejects.toThrow(/did not accept the token|cut the connection/);
});
