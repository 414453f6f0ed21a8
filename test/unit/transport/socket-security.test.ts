import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import type { Channel, Listener } from "../../../src/transport/channel.js";
import { dialTcp, listenTcp, type SocketOptions } from "../../../src/transport/tcp.js";
import type { TlsOptions } from "../../../src/transport/tls-options.js";
import { hasOpenssl, makeCertificates } from "../../support/certificates.js";

const LOOPBACK = "tcp://127.0.0.1:0";
const token = "a token of some length";

let folder: string;
const listeners: Listener[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "godwit-sockets-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => Promise.all(listeners.splice(0).map((listener) => listener.close())));

/** Listens, and keeps who was let in. */
async function listening(address: string, options?: SocketOptions) {
  const accepted: Channel[] = [];
  const listener = await listenTcp(address, (channel) => accepted.push(channel), options);
  listeners.push(listener);
  return { address: listener.address, accepted, listener };
}

/** A connection without any manners: all that it hears until its end. */
async function rude(address: string, ...says: Uint8Array[]): Promise<Buffer> {
  const { port } = new URL(address);
  const socket = connect({ port: Number(port), host: "127.0.0.1" });
  const heard: Buffer[] = [];
  socket.on("data", (chunk) => heard.push(chunk));
  socket.on("error", () => {});
  for (const words of says) socket.write(words);
  await closed(socket);
  return Buffer.concat(heard);
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

async function reasonOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.catch((cause: unknown) => cause);
  expect(isGodwitError(error, "InvalidOptionError", "PeerFailedError")).toBe(true);
  return (error as Error).message;
}

describe("a listener with a token", () => {
  test("lets in who knows it, and nobody else", async () => {
    const { address, accepted } = await listening(LOOPBACK, { token });
    const channel = await dialTcp(address, { token });
    channel.send([new Uint8Array(100_000)]);
    expect((await (accepted[0] as Channel).receive())?.length).toBe(100_000);
    expect(await reasonOf(dialTcp(address, { token: "another, as long as it" }))).toMatch(
      /did not accept the token|cut the connection/,
    );
    expect(await reasonOf(dialTcp(address))).toMatch(/it asks for a token/);
    expect(accepted.length).toBe(1);
    channel.close();
  });

  test("says one thing to strangers: a challenge", async () => {
    const { address, accepted } = await listening(LOOPBACK, { token, handshakeMs: 300 });
    const prefix = (length: number): Buffer => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(length);
      return bytes;
    };
    const strangers = [
      [],
      [prefix(0xffff_ffff)],
      [prefix(4097), Buffer.alloc(4097)],
      [prefix(80), Buffer.alloc(80, 1)],
      [prefix(80), Buffer.alloc(40)],
      [Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
      [Buffer.alloc(400_000)],
    ];
    for (const says of strangers) {
      const heard = await rude(address, ...says);
      // Length, header, 32 bytes. A connection that is cut may lose even that.
      expect([0, 4 + 16 + 32]).toContain(heard.length);
    }
    expect(accepted.length).toBe(0);
  });

  test("turns strangers away when too many stand in the door, and lets go of them in time", async () => {
    const { address, accepted } = await listening(LOOPBACK, { token, handshakeMs: 1500 });
    const { port } = new URL(address);
    const heard = new Map<Socket, number>();
    const sockets = Array.from({ length: 80 }, () =>
      connect({ port: Number(port), host: "127.0.0.1" }),
    );
    const ends = sockets.map((socket) => {
      heard.set(socket, 0);
      socket.on("data", ({ length }) => heard.set(socket, (heard.get(socket) ?? 0) + length));
      socket.on("error", () => {});
      return closed(socket);
    });
    await Promise.all(ends);
    expect([...heard.values()].filter((bytes) => bytes > 0).length).toBe(64);
    const channel = await dialTcp(address, { token });
    expect(accepted.length).toBe(1);
    channel.close();
  });
});

describe("a listener without protection", () => {
  test.each(["tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://192.0.2.1:0"])(
    "is refused on %s",
    async (address) => {
      expect(await reasonOf(listenTcp(address, () => {}))).toMatch(/or a token, or tls:\/\//);
    },
  );

  test("may listen beyond this computer with a token", async () => {
    const { address } = await listening("tcp://0.0.0.0:0", { token });
    const channel = await dialTcp(address.replace("0.0.0.0", "127.0.0.1"), { token });
    channel.close();
  });

  test("is refused with a token that is too short", async () => {
    expect(await reasonOf(listenTcp(LOOPBACK, () => {}, { token: "short" }))).toMatch(
      /at least 16/,
    );
  });
});

test("who cannot be dialled is named, with the reason", async () => {
  const { address, listener } = await listening(LOOPBACK);
  await listener.close();
  expect(await reasonOf(dialTcp(address))).toBe(`${address}: nobody listens there`);
  const { address: silent } = await listening(LOOPBACK, { token, handshakeMs: 60_000 });
  expect(await reasonOf(dialTcp(silent, { token, handshakeMs: 0 }))).toMatch(
    /did not answer within/,
  );
});

test("a port that is taken is refused", async () => {
  const { address } = await listening(LOOPBACK);
  expect(await reasonOf(listenTcp(address, () => {}))).toMatch(/something listens there already/);
});

describe("a Unix socket", () => {
  test("is for its user alone, and gone with its listener", async () => {
    const path = join(folder, "own.sock");
    const { listener } = await listening(`unix:${path}`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await listener.close();
    expect(existsSync(path)).toBe(false);
  });

  test("that a dead process left is replaced, and a living one is not", async () => {
    const path = join(folder, "stale.sock");
    const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", script]);
    expect(existsSync(path)).toBe(true);
    const { accepted } = await listening(`unix:${path}`);
    expect(await reasonOf(listenTcp(`unix:${path}`, () => {}))).toMatch(/nobody listens on yet/);
    const channel = await dialTcp(`unix:${path}`);
    // The look whether somebody listens was a connection too.
    expect(accepted.length).toBe(2);
    channel.close();
  });

  test("does not take the place of a file", async () => {
    const path = join(folder, "a-file");
    writeFileSync(path, "precious");
    expect(await reasonOf(listenTcp(`unix:${path}`, () => {}))).toMatch(/where no file is/);
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  test("has a path that exists and is not too long", async () => {
    const away = `unix:${join(folder, "no", "such.sock")}`;
    expect(await reasonOf(listenTcp(away, () => {}))).toMatch(/a path for a socket/);
    const long = `unix:/${"x".repeat(120)}`;
    expect(await reasonOf(listenTcp(long, () => {}))).toMatch(/at most 103 bytes/);
    expect(await reasonOf(dialTcp(`unix:${join(folder, "none.sock")}`))).toMatch(/no such socket/);
  });
});

describe.skipIf(!hasOpenssl())("TLS", () => {
  let ours: TlsOptions;
  let theirs: TlsOptions;

  beforeAll(() => {
    ours = makeCertificates(folder, "ours").tls;
    theirs = makeCertificates(folder, "theirs").tls;
  });

  test("carries frames between those whose certificates are trusted", async () => {
    const { address, accepted } = await listening("tls://127.0.0.1:0", { tls: ours, token });
    const channel = await dialTcp(address, { tls: ours, token });
    channel.send([new Uint8Array(3_000_000).fill(7)]);
    const frame = await (accepted[0] as Channel).receive();
    expect(frame?.length).toBe(3_000_000);
    expect(frame?.every((byte) => byte === 7)).toBe(true);
    channel.close();
    expect(await (accepted[0] as Channel).receive()).toBe(null);
    expect((accepted[0] as Channel).failure).toBe(undefined);
  });

  test("refuses others, and is refused by them", async () => {
    const { address, accepted } = await listening("tls://127.0.0.1:0", { tls: ours });
    await reasonOf(dialTcp(address, { tls: theirs }));
    await reasonOf(dialTcp(address, { tls: { ...theirs, ca: ours.ca } }));
    await reasonOf(dialTcp(address.replace("tls", "tcp"), { handshakeMs: 300 }));
    expect((await rude(address, Buffer.from("GET / HTTP/1.0\r\n\r\n"))).length).toBeLessThan(100);
    const plain = await listening(LOOPBACK);
    await reasonOf(dialTcp(plain.address.replace("tcp", "tls"), { tls: ours, handshakeMs: 300 }));
    expect(accepted.length).toBe(0);
  });

  test("needs certificates, and has no use for them elsewhere", async () => {
    expect(await reasonOf(listenTcp("tls://127.0.0.1:0", () => {}))).toMatch(/^tls: got nothing/);
    expect(await reasonOf(listenTcp(LOOPBACK, () => {}, { tls: ours }))).toMatch(/address of tls/);
    const mixed = { ...ours, key: theirs.key };
    expect(await reasonOf(listenTcp("tls://127.0.0.1:0", () => {}, { tls: mixed }))).toMatch(
      /in PEM/,
    );
  });
});
