import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkObservation } from "../../../src/observe/check-observation.js";
import { type DirtyingProcess, startDirtying } from "../probe/dirtying-process.js";
import { PretendMonitor } from "../qmp/pretend-monitor.js";
import { type Stage, setStage } from "./stage.js";

const TRACE = `trace:${resolve("fixtures/kv-store")}`;
const isLinux = process.platform === "linux";

let stage: Stage;
beforeEach(() => {
  stage = setStage();
});
afterEach(() => stage.close());

describe("observe", () => {
  test("shows a recorded trace, and writes it", async () => {
    symlinkSync(resolve("fixtures/kv-store"), join(stage.folder, "recording"));
    const { code, out, err } = await stage.play(["observe", "trace:recording", "-o", "vm.json"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^observed +trace:recording, for 3 s$/m);
    expect(out).toMatch(/^memory +16 MiB, /m);
    expect(out).toMatch(/^within t +D\(t\), pages/m);
    expect(out).toMatch(/^ +250 ms +148 /m);
    expect(out).toMatch(/\nwrote vm.json\n$/);
    const written = JSON.parse(readFileSync(join(stage.folder, "vm.json"), "utf8"));
    expect(checkObservation(written, "vm.json").source).toBe("trace");
    expect(readdirSync(stage.folder).sort()).toEqual(["recording", "vm.json"]);
  });

  test("--json prints the observation and nothing else", async () => {
    const { code, out } = await stage.play(["observe", TRACE, "--json", "-o", "vm.json"]);
    expect(code).toBe(0);
    expect(checkObservation(JSON.parse(out), "output").subject).toBe(TRACE);
    expect(readFileSync(join(stage.folder, "vm.json"), "utf8")).toBe(out);
  });

  test("a narrow screen goes without what is missed least", async () => {
    const { out } = await stage.play(["observe", TRACE], undefined, { columns: 60 });
    expect(out).toContain("D(t), pages");
    expect(out).not.toContain("windows");
    for (const line of out.split("\n").slice(5)) expect(line.length).toBeLessThanOrEqual(60);
  });

  test.each([
    [[], /^godwit: observe: got "nothing", expected one of --pid PID, --qmp SOCK and trace:DIR$/m],
    [[TRACE, "--pid", "1"], /one of --pid/],
    [["--qmp", "x", "--pid", "1"], /one of --pid/],
    [["recording"], /observe: got "recording", expected trace:DIR/],
    [["trace:nowhere"], /it does not exist/],
    [["--pid", "x"], /--pid: got "x", expected a whole number/],
    [["--pid", "1", "--for", "10"], /--for: .* the unit is missing/],
    [["--pid", "1", "--nonzero-pages", "5"], /--nonzero-pages: .*without --qmp/],
    [["--qmp", "x", "--region", "auto"], /--region: .*without --pid/],
    [[TRACE, "--for", "1s"], /--for: .*with a trace/],
    [[TRACE, "-o", "no/folder/x"], /--output: .*a folder that exists/],
    [["--qmp", "x", "--for", "1ms"], /--for: got 1, expected 2000/],
    [["--qmp", "x", "--nonzero-pages", "-1"], /--nonzero-pages/],
  ])("refuses %j", async (argv, message) => {
    const { code, out, err } = await stage.play(["observe", ...argv]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(message);
    expect(readdirSync(stage.folder)).toEqual([]);
  });

  test("what is no monitor is the peer's failure", async () => {
    writeFileSync(join(stage.folder, "file"), "");
    for (const [sock, reason] of [
      ["nowhere", "there is no such socket"],
      ["file", "nobody listens there"],
    ]) {
      const { code, err } = await stage.play(["observe", "--qmp", sock ?? "", "-o", "vm.json"]);
      expect(code).toBe(3);
      expect(err).toContain(reason);
    }
    expect(existsSync(join(stage.folder, "vm.json"))).toBe(false);
  });

  test("a QEMU far away: its samples, and what is not known", async () => {
    const answers: Record<string, unknown> = {
      "query-status": { running: true, status: "running" },
      "query-migrate": {},
      "query-memory-size-summary": { "base-memory": 2 ** 30 },
      "calc-dirty-rate": {},
      "query-dirty-rate": { status: "measured", "dirty-rate": 100, "calc-time": 1 },
    };
    const monitor = await PretendMonitor.answering((command) => ({ return: answers[command] }));
    try {
      // Whoever listens here is this test, whose memory is no guest's.
      const argv = ["observe", "--qmp", monitor.path, "--for", "2s"];
      const { code, out } = await stage.play(argv);
      expect(code).toBe(0);
      expect(out).toMatch(/^not zero +not known$/m);
      expect(out).toContain("say --nonzero-pages");
      expect(out).toMatch(/^ +1 s +25.728 /m);
      const told = await stage.play([...argv, "--nonzero-pages", "1000", "--json"]);
      expect(JSON.parse(told.out).contents).toMatchObject({ nonzeroPages: 1000 });
      const asked = new Set(monitor.requests.map((one) => one["execute"]));
      const reading = /^(query-|calc-dirty-rate$|qmp_capabilities$)/;
      expect([...asked].filter((one) => !reading.test(String(one)))).toEqual([]);
    } finally {
      monitor.close();
    }
  }, 20_000);
});

describe.skipIf(!isLinux)("observe --pid", () => {
  let dirtying: DirtyingProcess;
  beforeEach(async () => {
    dirtying = await startDirtying({ mib: 8, setPages: 500, writesPerSecond: 1000 });
  });
  afterEach(() => dirtying.close());

  test("shows what it costs", async () => {
    const argv = ["observe", "--pid", String(dirtying.pid), "--for", "500ms"];
    const { code, out } = await stage.play(argv);
    expect(code).toBe(0);
    expect(out).toMatch(/^observed +process \d+, region [0-9a-f]+-[0-9a-f]+, 8.*MiB, for/m);
    expect(out).toMatch(/^cost +.* of CPU, .* read, guest paused for 0 s$/m);
  });

  test("Ctrl-C ends it, and nothing is written", async () => {
    const argv = ["observe", "--pid", String(dirtying.pid), "--for", "1h", "-o", "vm.json"];
    const playing = stage.play(argv);
    setTimeout(() => stage.interrupt(), 300);
    const { code, err } = await playing;
    expect([code, err]).toEqual([
      130,
      "godwit: interrupted: nothing was written, the guest runs on\n",
    ]);
    expect(readdirSync(stage.folder)).toEqual([]);
  });

  test("a process that ends meanwhile: exit code 3, and nothing is written", async () => {
    const argv = ["observe", "--pid", String(dirtying.pid), "--for", "1h", "-o", "vm.json"];
    const playing = stage.play(argv);
    setTimeout(() => dirtying.close(), 300);
    const { code, err } = await playing;
    expect([code, err]).toEqual([
      3,
      `godwit: process ${dirtying.pid}: it ended while it was observed\n`,
    ]);
    expect(readdirSync(stage.folder)).toEqual([]);
  });
});
