import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Channel } from "../../../src/transport/channel.js";
import { dialTcp, listenTcp } from "../../../src/transport/tcp.js";
import { channelConformance, type Joined } from "./channel-conformance.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "godwit-tcp-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function connected(address: string): Promise<Joined> {
  let accept!: (channel: Channel) => void;
  const accepted = new Promise<Channel>((resolve) => {
    accept = resolve;
  });
  const listener = await listenTcp(address, accept);
  const a = await dialTcp(listener.address);
  return { a, b: await accepted, end: () => listener.close() };
}

channelConformance("TCP", () => connected("tcp://127.0.0.1:0"));
channelConformance("a Unix socket", () => connected(`unix:${join(folder, "a.sock")}`));
