import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { TabMeeting } from "../../../src/host/tab-meeting.js";

let meeting: TabMeeting;
let server: Server;
let base: string;

beforeEach(async () => {
  meeting = new TabMeeting();
  server = createServer();
  server.on("upgrade", (request, socket, head) => {
    if (!meeting.take(request, socket, head)) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  meeting.close();
  server.close();
});

/** A WebSocket whose messages can be awaited one by one. */
class Peer {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #messages: Buffer[] = [];
  #wake: () => void = () => undefined;

  constructor(path: string) {
    this.socket = new WebSocket(`${base}${path}`);
    this.socket.on("message", (data: Buffer) => {
      this.#messages.push(data);
      this.#wake();
    });
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  get opened(): Promise<void> {
    return new Promise((resolve) => this.socket.once("open", resolve));
  }

  async next(): Promise<Buffer> {
    while (this.#messages.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#messages.shift() as Buffer;
  }
}

/** A tab that expects calls: where it is called, and the next call's path. */
function expectingTab(): { path: string; call: Promise<string>; end(): void } {
  let called: (path: string) => void = () => undefined;
  const call = new Promise<string>((resolve) => {
    called = resolve;
  });
  return { call, ...meeting.expect((path) => called(path)) };
}

describe("TabMeeting", () => {
  test("whoever calls a tab is connected with what the tab opens, and nothing is lost before", async () => {
    const tab = expectingTab();
    const caller = new Peer(tab.path);
    await caller.opened;
    caller.socket.send(Uint8Array.of(1, 2, 3));
    const answer = new Peer(await tab.call);
    expect([...(await answer.next())]).toEqual([1, 2, 3]);
    answer.socket.send(Uint8Array.of(9));
    expect([...(await caller.next())]).toEqual([9]);
    caller.socket.close(1000, "done");
    expect(await answer.closed).toEqual({ code: 1000, reason: "done" });
  });

  test("more than fits into a buffer passes in order", async () => {
    const tab = expectingTab();
    const caller = new Peer(tab.path);
    await caller.opened;
    const answer = new Peer(await tab.call);
    await answer.opened;
    for (let index = 0; index < 40; index++) caller.socket.send(new Uint8Array(1e6).fill(index));
    for (let index = 0; index < 40; index++) expect((await answer.next())[0]).toBe(index);
  });

  test("a side that is cut off cuts the other off", async () => {
    const tab = expectingTab();
    const caller = new Peer(tab.path);
    await caller.opened;
    const answer = new Peer(await tab.call);
    await answer.opened;
    answer.socket.terminate();
    expect((await caller.closed).code).toBe(1006);
  });

  test("a tab that has gone cannot be called, and a call is answered once", async () => {
    const tab = expectingTab();
    const caller = new Peer(tab.path);
    const called = await tab.call;
    const answer = new Peer(called);
    await answer.opened;
    expect((await new Peer(called).closed).code).toBe(4404);
    tab.end();
    expect((await new Peer(tab.path).closed).code).toBe(4404);
    caller.socket.close();
  });

  test("other paths are left to others", async () => {
    expect((await new Peer("/tab/short").closed).code).toBe(1006);
  });
});
