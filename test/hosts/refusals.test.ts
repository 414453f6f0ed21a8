import { chmodSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { V86_VERSION } from "../../src/machine/v86/layout.js";
import { V86Machine } from "../../src/machine/v86/v86-machine.js";
import { moveMachine } from "../../src/move/source.js";
import { parseAddress } from "../../src/transport/address.js";
import { dialTcp } from "../../src/transport/tcp.js";
import { FrameStream } from "../../src/wire/frame.js";
import { SESSION_FRAMES } from "../../src/wire/frame-types.js";
import { encodeJson } from "../../src/wire/json-body.js";
import { openSession } from "../../src/wire/open.js";
import { godwit, HostProcess, scratchFolder, TEST_PC } from "./host-process.js";

// Whoever asks for what cannot be is told so in one line; nothing else happens: the machine goes on, the hosts serve on.

const MIB = 2 ** 20;
const folder = scratchFolder();
const secret = tokenFile("secret", "the secret of these two hosts");
const other = tokenFile("other", "a secret of somebody else's");
const token = "the secret of these two hosts";

function tokenFile(name: string, text: string): string {
  const path = folder.file(name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

let source: HostProcess;
let target: HostProcess;
let stranger: HostProcess;
beforeAll(async () => {
  const limit = ["--max-machine-memory", "24MiB"];
  [source, target, stranger] = await Promise.all([
    HostProcess.start(["--token-file", secret], { token, tls: null }),
    HostProcess.start(["--token-file", secret, ...limit], { token, tls: null }),
    HostProcess.start(["--token-file", other], { token: "a secret of somebody else's", tls: null }),
  ]);
  await source.client.start("pc1", TEST_PC);
  await source.client.start("big", { ...TEST_PC, memoryBytes: 32 * MIB });
});
afterAll(async () => {
  await Promise.all([source?.kill(), target?.kill(), stranger?.kill()]);
  folder.remove();
});

/** The machine works on where it was, right as ever, and both hosts answer. */
async function nothingHappened(): Promise<void> {
  const before = await source.reports("pc1", 1);
  await source.reports("pc1", before.length + 1);
  const names = (await source.client.list()).map(({ name, state }) => `${name} ${state}`);
  expect(names).toEqual(["big running", "pc1 running"]);
  expect(await target.client.list()).toEqual([]);
}

/** A command that is refused in one line. */
async function refused(argv: readonly string[], code: number, says: string): Promise<void> {
  const ran = await godwit(argv);
  expect(ran).toMatchObject({ code, err: expect.stringContaining(says) });
  expect(ran.err.trimEnd().split("\n")).toHaveLength(1);
  expect(ran.err).not.toContain("secret of");
}

function move(name: string, to: string): readonly string[] {
  return ["move", name, "--from", source.address, "--to", to, "--token-file", secret];
}

test("a wrong token, and none, are not let in, neither of a client nor of a host", async () => {
  const ps = ["ps", "--on", source.address];
  await refused(ps, 3, `${source.address}: it asks for a token`);
  await refused(
    [...ps, "--token-file", other],
    3,
    `${source.address}: it did not accept the token`,
  );
  await refused(
    move("pc1", stranger.address),
    3,
    `${stranger.address}: it did not accept the token`,
  );
  await nothingHappened();
});

test("whoever does not know the token hears random bytes and nothing else", async () => {
  const garbage = new Uint8Array(300).fill(7);
  const tooLong = Uint8Array.of(0xff, 0xff, 0xff, 0x7f);
  for (const sent of [garbage, tooLong]) {
    // The length, the head, and 32 bytes of a challenge.
    expect((await heardFor(sent)).length).toBe(4 + 16 + 32);
  }
  await nothingHappened();
});

/** All that a host says to somebody who connects and sends these bytes, until it hangs up. */
async function heardFor(bytes: Uint8Array): Promise<Uint8Array> {
  const address = parseAddress(target.address) as { host: string; port: number };
  const socket = connect(address.port, address.host);
  socket.write(bytes);
  const heard: Uint8Array[] = [];
  socket.on("data", (chunk) => heard.push(chunk));
  await new Promise((resolve) => socket.on("close", resolve).on("error", resolve));
  return Buffer.concat(heard);
}

test("a damaged frame of somebody who knows the token cuts that connection only", async () => {
  const channel = await dialTcp(target.address, { token });
  channel.send([new Uint8Array(64)]);
  await channel.closed;
  await nothingHappened();
});

test("another protocol is refused by its number", async () => {
  const frames = new FrameStream(await dialTcp(target.address, { token }));
  const open = { protocol: 2, version: "9.0.0", purpose: "control" };
  frames.send(SESSION_FRAMES.open, [encodeJson(open)]);
  const answer = await frames.receive();
  expect(answer?.type).toBe(SESSION_FRAMES.refused);
  const reason = new TextDecoder().decode(answer?.body);
  expect(reason).toContain("protocol 2 is not spoken here, but protocol 1");
  await nothingHappened();
});

test("machines that the target has no room for, and names that are nobody's", async () => {
  await refused(move("big", target.address), 3, 'memory: got "32 MiB", expected at most 24 MiB');
  const start = ["start", "v86", "--name", "pc1", "--on", target.address, "--token-file", secret];
  await refused([...start, "--memory", "32MiB"], 1, '--memory: got "32 MiB", expected at most 24');
  await refused(move("pc9", target.address), 1, 'NAME: got "pc9", expected a machine of this host');
  await nothingHappened();

  await target.client.start("pc1", TEST_PC);
  const taken = 'name: got "pc1", expected a name that no machine of this host has';
  await refused(move("pc1", target.address), 3, taken);
  await target.reports("pc1", 1);
  await target.client.stop("pc1");
  await nothingHappened();
});

test("a target that is nobody, or the source itself", async () => {
  await refused(move("pc1", "tcp://127.0.0.1:1"), 3, "tcp://127.0.0.1:1: nobody listens there");
  await refused(move("pc1", source.address), 1, `--to: got "${source.address}", expected another`);
  const alias = source.address.replace("127.0.0.1", "localhost");
  await refused(move("pc1", alias), 3, `${alias}: it refused: to: got`);
  await nothingHappened();
});

test("hosts that everybody could command are not started", async () => {
  const everywhere = "tcp://0.0.0.0:0";
  await refused(
    ["host", "--listen", everywhere],
    1,
    `--listen: got "${everywhere}", expected a loop`,
  );
  const wss = "wss://127.0.0.1:0";
  await refused(["host", "--listen", wss], 1, `--listen: got "${wss}", expected tcp://host:port`);
  const open = tokenFile("open", "a secret of everybody's");
  chmodSync(open, 0o644);
  const only = `--token-file: got "${open}", expected a file that only its owner may read`;
  await refused(["host", "--token-file", open], 1, only);
});

test("a guest that is none", async () => {
  const start = ["start", "v86", "--name", "pc2", "--on", source.address, "--token-file", secret];
  await refused([...start, "--guest", secret], 1, "expected the file of a multiboot kernel");
  await nothingHappened();
});

/** A source that lies, as it can when it knows the token; the rest of it is the real one. */
interface Lie {
  readonly what: string;
  readonly reason: string;
  readonly version?: string;
  readonly memoryBytes?: number;
  spoil?(state: Uint8Array): Uint8Array;
}

/** Where v86's own JSON begins in a moved state, after two heads. */
const JSON_LENGTH_AT = 20;
const JSON_AT = 32;
const lies: Lie[] = [
  { what: "another version of v86", version: "0.4.0", reason: `expected v86 ${V86_VERSION}` },
  { what: "another size of memory", memoryBytes: 8 * MIB, reason: "pageCount: got 4096, expected" },
  { what: "more memory than was asked for", memoryBytes: 512 * MIB, reason: "expected at most" },
  { what: "a state cut short", spoil: (state) => state.slice(0, 100), reason: "ends early" },
  {
    what: "a state of noise",
    spoil: (state) => state.fill(0xa5),
    reason: "not the state of a v86",
  },
  {
    what: "a state whose devices are others",
    spoil: (state) => withText(state, (text) => text.replace(/\[\s*\d+/g, "[{}")),
    reason: "state",
  },
  {
    what: "a state whose buffers lie outside of it",
    spoil: (state) => withText(state, (text) => text.replace(/"offset":0/, '"offset":4e9')),
    reason: "names a place outside of the state",
  },
];

function withText(state: Uint8Array, change: (text: string) => string): Uint8Array {
  const length = 128 << 10;
  const text = new TextDecoder().decode(state.subarray(JSON_AT, JSON_AT + length));
  const changed = change(text).trimEnd().padEnd(length).slice(0, length);
  expect(changed).not.toBe(text);
  state.set(new TextEncoder().encode(changed), JSON_AT);
  new DataView(state.buffer).setUint32(JSON_LENGTH_AT, length, true);
  return state;
}

test.each(lies)("a source that sends $what: the target refuses", async (lie) => {
  const { memoryBytes } = TEST_PC;
  const machine = await V86Machine.create({ memoryBytes, demand: null });
  const { version = V86_VERSION, spoil = (state) => state, reason } = lie;
  const claimed = { ...machine.configuration, version };
  if (lie.memoryBytes !== undefined) claimed.memoryBytes = lie.memoryBytes;
  const save = () => V86Machine.prototype.saveState.call(machine);
  Object.defineProperty(machine, "configuration", { value: claimed });
  machine.saveState = async () => spoil((await save()).slice());
  const channel = await dialTcp(target.address, { token });
  const moveId = `lie: ${lie.what}`;
  const from = { incarnation: "liar", address: null };
  const wanted = { name: "trojan", kind: "v86", memoryBytes };
  await openSession(channel, { version: "1", purpose: "move", moveId, machine: wanted, from });
  const told = await moveMachine(machine, new FrameStream(channel), {
    name: "trojan",
    moveId,
    strategy: "cold",
  }).then(
    (report) => `${report.runningOn}: ${report.reason}`,
    (error: Error) => `source: ${error.message}`,
  );
  machine.destroy();
  expect(told).toContain(reason);
  expect(told).toMatch(/^source: /);
  while ((await target.client.list()).length > 0) await new Promise((r) => setTimeout(r, 20));
  await nothingHappened();
});
