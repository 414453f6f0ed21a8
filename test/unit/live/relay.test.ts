import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { relay } from "../../../src/live/relay.js";

let folder: string;
let target: Server;
/** What the target got, by connection. */
let got: Buffer[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "godwit-relay-"));
  got = [];
  target = createServer({ allowHalfOpen: true }, (socket) => {
    const index = got.push(Buffer.alloc(0)) - 1;
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      got[index] = Buffer.concat([got[index] as Buffer, chunk]);
    });
    socket.on("end", () => socket.end(`answer ${index}`));
  });
  await new Promise<void>((resolve) => target.listen(join(folder, "to"), resolve));
});
afterEach(() => {
  target.close();
  rmSync(folder, { recursive: true, force: true });
});

const path = (name: string): string => join(folder, name);
const addresses = () => ({ listen: `unix:${path("in")}`, to: `unix:${path("to")}` });

function connect(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path: path("in"), allowHalfOpen: true }, () =>
      resolve(socket),
    );
    socket.on("error", reject);
  });
}

async function answerOf(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

/** Starts a relay and answers when it listens. */
async function start(options: Partial<Parameters<typeof relay>[0]> = {}) {
  let running: ReturnType<typeof relay> | undefined;
  await new Promise<void>((resolve, reject) => {
    running = relay({ ...addresses(), onListening: () => resolve(), ...options });
    running.catch(reject);
  });
  return { relayed: running as ReturnType<typeof relay> };
}

describe("a relay", () => {
  test("carries every channel both ways, in the order of the connections, and records them", async () => {
    const { relayed } = await start({ record: path("record"), maxBandwidth: 50e6 });
    const sockets = [await connect(), await connect(), await connect()];
    const sent = sockets.map((_, index) => Buffer.alloc(300_000, index + 1));
    sockets.forEach((socket, index) => {
      socket.end(sent[index]);
    });
    const answers = await Promise.all(sockets.map(answerOf));
    expect(answers).toEqual(["answer 0", "answer 1", "answer 2"]);
    expect((await relayed).channels).toEqual(
      sent.map(({ length }) => ({ bytes: length, returnBytes: 8, isCut: false })),
    );
    sent.forEach((bytes, index) => {
      expect(got[index]?.equals(bytes)).toBe(true);
      expect(readFileSync(path(`record/migration.ch${index}.bin`)).equals(bytes)).toBe(true);
      expect(readFileSync(path(`record/migration.ch${index}.return.bin`), "utf8")).toBe(
        `answer ${index}`,
      );
    });
    expect(existsSync(path("in"))).toBe(false);
  });

  test("listens on a port of TCP, one that the system chooses where 0 is asked for", async () => {
    let port = 0;
    const { relayed } = await new Promise<Awaited<ReturnType<typeof start>>>((resolve) => {
      const running = relay({
        ...addresses(),
        listen: "tcp:127.0.0.1:0",
        onListening: (address) => {
          port = Number(address.replace("tcp:127.0.0.1:", ""));
          setImmediate(() => resolve({ relayed: running }));
        },
      });
    });
    const source = createConnection({ port, host: "127.0.0.1", allowHalfOpen: true });
    source.end("some bytes");
    expect(await answerOf(source)).toBe("answer 0");
    expect((await relayed).channels).toEqual([{ bytes: 10, returnBytes: 8, isCut: false }]);
  });

  test("that nobody waits behind turns the source away", async () => {
    const { relayed } = await start({ to: `unix:${path("nobody")}`, record: path("record") });
    const refused = expect(relayed).rejects.toThrow("there is no such socket");
    expect(await answerOf(await connect()).catch(() => "")).toBe("");
    await refused;
    expect(readdirSync(folder)).toEqual(["to"]);
  });

  test.each(["before", "amid"])(
    "that is ended %s a connection leaves nothing behind",
    async (when) => {
      const abort = new AbortController();
      const { relayed } = await start({ record: path("record"), signal: abort.signal });
      const ended = expect(relayed).rejects.toMatchObject({ tag: "AbortedError" });
      if (when === "amid") (await connect()).on("error", () => {}).write("some bytes");
      abort.abort();
      await ended;
      expect(readdirSync(folder)).toEqual(["to"]);
    },
  );

  test("says when a side breaks off", async () => {
    const { relayed } = await start();
    target.removeAllListeners("connection").on("connection", (socket) => {
      socket.once("data", () => socket.destroy());
    });
    const source = await connect();
    source.on("error", () => {}).on("close", () => clearInterval(writing));
    const writing = setInterval(() => source.write(Buffer.alloc(1000)), 5);
    expect((await relayed).channels[0]?.isCut).toBe(true);
  });
});

test("what cannot work is refused before anything is touched", async () => {
  await expect(relay({ ...addresses(), listen: "in" })).rejects.toThrow(
    "unix:PATH or tcp:HOST:PORT",
  );
  await expect(relay({ ...addresses(), to: "tcp:a:99999" })).rejects.toThrow("a port");
  await expect(relay({ ...addresses(), listen: addresses().to })).rejects.toThrow(
    "is there already",
  );
  writeFileSync(path("file"), "");
  await expect(relay({ ...addresses(), record: path("file") })).rejects.toThrow("not a folder");
  await expect(relay({ ...addresses(), record: folder })).rejects.toThrow("it is not empty");
  await expect(relay({ ...addresses(), record: path("a/b") })).rejects.toThrow("does not exist");
  expect(readdirSync(folder).sort()).toEqual(["file", "to"]);
});
