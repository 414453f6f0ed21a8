import { createServer } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { isGodwitError } from "../../../src/errors.js";
import type { Channel, Listener } from "../../../src/transport/channel.js";
import { dialWebSocket } from "../../../src/transport/web-socket-client.js";
import {
  listenWebSocket,
  type WebSocketListenOptions,
} from "../../../src/transport/web-socket-server.js";
import { channelConformance } from "./channel-conformance.js";

const LOOPBACK = "ws://127.0.0.1:0";
const token = "a token of some length";
const listeners: Listener[] = [];
afterEach(() => Promise.all(listeners.splice(0).map((listener) => listener.close())));

async function listening(options?: WebSocketListenOptions, address = LOOPBACK) {
  const accepted: Channel[] = [];
  const listener = await listenWebSocket(address, (channel) => accepted.push(channel), options);
  listeners.push(listener);
  return { address: listener.address, accepted };
}

async function reasonOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.catch((cause: unknown) => cause);
  expect(isGodwitError(error, "InvalidOptionError", "PeerFailedError")).toBe(true);
  return (error as Error).message;
}

/** What becomes of a socket with these manners: its close code, and the binary bytes that it heard. */
function rude(address: string, says: (string | Uint8Array)[], headers = {}) {
  return new Promise<{ code: number; heard: number }>((resolve) => {
    const socket = new WebSocket(address, { headers });
    let heard = 0;
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) heard += data.length;
    });
    socket.on("open", () => {
      for (const words of says) socket.send(words);
    });
    socket.on("error", () => {});
    socket.on("close", (code) => resolve({ code, heard }));
  });
}

channelConformance("a WebSocket", async () => {
  let accept!: (channel: Channel) => void;
  const accepted = new Promise<Channel>((resolve) => {
    accept = resolve;
  });
  const listener = await listenWebSocket(LOOPBACK, accept);
  const a = await dialWebSocket(listener.address);
  return { a, b: await accepted, end: () => listener.close() };
});

describe("a listener for WebSockets", () => {
  test("lets in who knows the token, and nobody else", async () => {
    const { address, accepted } = await listening({ token });
    const channel = await dialWebSocket(address, { token });
    await reasonOf(dialWebSocket(address, { token: "another, as long as it" }));
    expect(await reasonOf(dialWebSocket(address))).toMatch(/asks for a token/);
    expect(accepted.length).toBe(1);
    channel.close();
  });

  test("tells strangers nothing but a challenge", async () => {
    const { address, accepted } = await listening({ token, handshakeMs: 300 });
    const strangers = [
      [],
      ["5"],
      ["-1"],
      ["x".repeat(1000)],
      [new Uint8Array(4).fill(255)],
      [new Uint8Array(100)],
      [new Uint8Array(65_537)],
      Array.from({ length: 100 }, () => new Uint8Array(65_536)),
    ];
    for (const says of strangers) {
      const { heard } = await rude(address, says);
      expect([0, 52]).toContain(heard);
    }
    expect(accepted.length).toBe(0);
  });

  test("refuses pages of other origins unless there is a token", async () => {
    const { address, accepted } = await listening({ origins: ["http://good.example"] });
    const own = address.replace("ws:", "http:").replace(/\/$/, "");
    const lured = { origin: "http://evil.example", host: "evil.example" };
    for (const headers of [{ origin: "http://evil.example" }, lured, { origin: "null" }]) {
      expect((await rude(address, [], headers)).code).toBe(1006);
    }
    expect(accepted.length).toBe(0);
    for (const headers of [{ origin: "http://good.example" }, { origin: own }, {}]) {
      // It is let in, and then cut for what it says.
      expect((await rude(address, ["0"], headers)).code).toBe(4000);
    }
    expect(accepted.length).toBe(3);
  });

  test("is refused beyond this computer without a token", async () => {
    expect(await reasonOf(listenWebSocket("ws://0.0.0.0:0", () => {}))).toMatch(/or a token/);
  });

  test("shares a server, on a path of its own", async () => {
    const server = createServer((_, response) => response.end("a page"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { address, accepted } = await listening({ server }, "ws://127.0.0.1:0/machine");
    expect(address).toMatch(/:[1-9]\d*\/machine$/);
    const channel = await dialWebSocket(address);
    expect(await (await fetch(address.replace("ws:", "http:"))).text()).toBe("a page");
    expect(accepted.length).toBe(1);
    channel.close();
    await channel.closed;
    server.closeAllConnections();
    server.close();
  });
});

test("who cannot be dialled is named", async () => {
  const { address } = await listening();
  await listeners.pop()?.close();
  expect(await reasonOf(dialWebSocket(address))).toMatch(/nobody listens there, or it refused/);
  expect(await reasonOf(dialWebSocket("tcp://a:1"))).toMatch(/ws:\/\/host:port/);
});
