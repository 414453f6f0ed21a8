import { existsSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ReceiveReport, RelayReport, SendReport } from "../../src/node.js";
import { type Stage, setStage } from "../unit/cli/stage.js";
import { type Qemu, Rig, until } from "./rig.js";

const rig = new Rig();
const stage: Stage = setStage();
let source: Qemu;
beforeAll(async () => {
  source = await rig.source();
  await source.prepare(["return-path"]);
});
afterAll(async () => {
  stage.close();
  await rig.close();
});

const socket = (name: string): string => rig.path(`${name}.in`);
const listening = (name: string) => until(async () => existsSync(socket(name)), "socket");

test("a guest is relayed, received and sent with the commands that a user types", async () => {
  const target = await rig.target("relayed", { paused: true });
  await target.monitor.migrateIncoming(`unix:${socket("relayed")}`);
  const relay = `relay --listen unix:${socket("relay")} --to unix:${socket("relayed")} --record record`;
  const monitors = `--source-qmp ${source.qmpPath} --target-qmp ${target.qmpPath}`;
  const relaying = stage.play(`${relay} --max-bandwidth 100Mbit/s ${monitors}`.split(" "));
  await listening("relay");
  await source.monitor.migrate(`unix:${socket("relay")}`);
  await source.migrated();
  const relayed = await relaying;
  expect(relayed.out).toMatch(
    /^channel 0: .* there, .* back\npre-copy of a pc-\S+, complete after /,
  );
  expect(relayed.out).toContain("the target's memory is what passed: all 3\u202f840 pages");
  expect(relayed.err).toBe(`waiting for a migration to unix:${socket("relay")}\n`);
  expect(readdirSync(`${stage.folder}/record`).sort()).toEqual([
    "migration.ch0.bin",
    "migration.ch0.return.bin",
  ]);

  await source.prepare(["return-path"]);
  const receiving = stage.play(
    `receive --listen unix:${socket("vm")} --store vm --json`.split(" "),
  );
  await listening("vm");
  await source.monitor.migrate(`unix:${socket("vm")}`);
  await source.migrated();
  const received = await receiving;
  expect(received.code).toBe(0);
  const report = JSON.parse(received.out) as ReceiveReport;
  expect(report).toMatchObject({ isAcknowledged: true, phase: "storing", recoveries: 0 });

  const waiting = await rig.target("waiting");
  await waiting.prepare(["postcopy-ram"]);
  await waiting.monitor.migrateIncoming(`unix:${socket("waiting")}`);
  const sent = await stage.play(
    `send vm --to unix:${socket("waiting")} --post-copy --json`.split(" "),
  );
  expect(sent.code).toBe(0);
  expect((JSON.parse(sent.out) as SendReport).devicesLoadedMs).toBeGreaterThan(0);
  await until(async () => (await waiting.monitor.queryStatus()).running, "guest to run");
  await waiting.goesOn();
});

test("Ctrl-C ends a relay amid a migration; the guest goes on at the source", async () => {
  await source.prepare(["return-path"], { "max-bandwidth": 1e6 });
  const target = await rig.target("interrupted");
  await target.monitor.migrateIncoming(`unix:${socket("interrupted")}`);
  const relay = `relay --listen unix:${socket("cut")} --to unix:${socket("interrupted")} --record cut`;
  const relaying = stage.play(relay.split(" "));
  await listening("cut");
  await source.monitor.migrate(`unix:${socket("cut")}`);
  await until(async () => (await source.monitor.queryMigrate()).status === "active", "start");
  stage.interrupt();
  const { code, err } = await relaying;
  expect(code).toBe(130);
  expect(err).toContain("godwit: interrupted");
  expect(readdirSync(stage.folder).filter((name) => name.includes("cut"))).toEqual([]);
  expect(existsSync(socket("cut"))).toBe(false);
  expect((await source.migrated()).status).toBe("failed");
  await source.goesOn();
});

test("a target that is killed amid a relay is told as such", async () => {
  await source.prepare([], { "max-bandwidth": 1e6 });
  const target = await rig.target("killed");
  await target.monitor.migrateIncoming(`unix:${socket("killed")}`);
  const relay = `relay --listen unix:${socket("toKilled")} --to unix:${socket("killed")} --json`;
  const relaying = stage.play(relay.split(" "));
  await listening("toKilled");
  await source.monitor.migrate(`unix:${socket("toKilled")}`);
  await until(async () => (await source.monitor.queryMigrate()).status === "active", "start");
  target.process.kill("SIGKILL");
  const { code, out } = await relaying;
  expect(code).toBe(3);
  const { contents, channels } = JSON.parse(out) as RelayReport;
  expect(contents.isComplete).toBe(false);
  expect(channels[0]?.isCut).toBe(true);
  await source.goesOn();
});

test("a guest is watched and predicted, and its migration is watched, with the commands that a user types", async () => {
  // The migration before was broken off, or the guest has left: either way that is over and it runs again first.
  await source.migrated();
  await until(async () => {
    await source.monitor.cont().catch(() => undefined);
    return (await source.monitor.queryStatus()).running;
  }, "guest to run");
  const asked = `predict --qmp ${source.qmpPath} --for 3s --bandwidth 8MB/s --json`;
  const predicted = await stage.play(asked.split(" "));
  expect(predicted.err).toBe("");
  const { totalMs, verdict } = JSON.parse(predicted.out);
  expect(verdict).toBe("converges");
  expect(totalMs.p50).toBeGreaterThan(100);

  await source.prepare(["events"], { "max-bandwidth": 1e6, "downtime-limit": 2000 });
  const watching = stage.play(`watch --qmp ${source.qmpPath} --json`.split(" "));
  await source.monitor.migrate("exec:cat > /dev/null");
  await source.migrated();
  const watched = await watching;
  const lines = watched.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(watched.code).toBe(0);
  expect(lines.at(-1)).toMatchObject({ status: "completed", steps: [] });
  expect(lines[0].seen.pass).toBe(1);
});

test("predict refuses a guest that is described twice, and a socket that is no monitor", async () => {
  const twice = `predict --qmp ${source.qmpPath} --memory 1GiB`;
  expect((await stage.play(twice.split(" "))).err).toMatch(/^godwit: --memory: got "1GiB"/);
  const nowhere = await stage.play(["predict", "--qmp", rig.path("nowhere")]);
  expect(nowhere.code).toBe(3);
  expect(nowhere.err).toMatch(/nowhere/);
  expect((await stage.play(["predict", "--for", "3s"])).err).toMatch(/^godwit: --for: .*--qmp/);
});
