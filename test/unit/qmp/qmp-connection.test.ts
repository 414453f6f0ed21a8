import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { MAX_LINE_LENGTH } from "../../../src/qmp/line-splitter.js";
import { QmpCommandError, QmpConnection } from "../../../src/qmp/qmp-connection.js";
import { GREETING, PretendMonitor } from "./pretend-monitor.js";

let monitor: PretendMonitor;
afterEach(() => monitor.close());

const SOON = { timeoutMs: 200 };

describe("a monitor", () => {
  test("is greeted, told its capabilities, asked with ids and answers in any order", async () => {
    const late: string[] = [];
    monitor = await PretendMonitor.answering((command) => {
      if (command !== "slow") return { return: { command } };
      late.push(command);
      return undefined;
    });
    const qmp = await QmpConnection.open(monitor.path);
    expect(qmp.greeting).toEqual({ version: [7, 2, 22], capabilities: ["oob"] });
    expect(monitor.requests[0]).toMatchObject({
      execute: "qmp_capabilities",
      arguments: { enable: ["oob"] },
    });
    const slow = qmp.execute("slow");
    expect(await qmp.execute("fast", { a: 1 })).toEqual({ command: "fast" });
    expect(late).toEqual(["slow"]);
    monitor.say({ return: "at last", id: monitor.requests[1]?.["id"] });
    expect(await slow).toBe("at last");
    qmp.close();
  });

  test("sends events, also cut into pieces and between answers", async () => {
    monitor = await PretendMonitor.answering(() => ({ return: {} }));
    const qmp = await QmpConnection.open(`unix:${monitor.path}`);
    const seen: string[] = [];
    const stop = qmp.onEvent(({ event }) => seen.push(event));
    const completed = qmp.nextEvent("MIGRATION", ({ data }) => data["status"] === "completed");
    const timestamp = { seconds: 5, microseconds: 250_000 };
    monitor.say({ event: "MIGRATION", data: { status: "active" }, timestamp });
    monitor.say({ event: "MIGRATION", data: { status: "completed" }, timestamp });
    expect((await completed).timestampMs).toBe(5250);
    stop();
    monitor.say({ event: "STOP", timestamp });
    await qmp.execute("query-status");
    expect(seen).toEqual(["MIGRATION", "MIGRATION"]);
    qmp.close();
  });

  test("that refuses is quoted", async () => {
    monitor = await PretendMonitor.answering(() => ({
      error: { class: "CommandNotFound", desc: "The command x has not been found" },
    }));
    const qmp = await QmpConnection.open(monitor.path);
    const refusal = await qmp.execute("x").catch((error) => error);
    expect(refusal).toBeInstanceOf(QmpCommandError);
    expect(refusal.errorClass).toBe("CommandNotFound");
    expect(refusal.message).toContain("QEMU refuses x: The command x has not been found");
    qmp.close();
  });
});

describe("what is no monitor is told apart", () => {
  test("no socket", async () => {
    monitor = await PretendMonitor.answering(() => undefined);
    await expect(QmpConnection.open(join(monitor.folder, "none"))).rejects.toThrow(
      "there is no such socket",
    );
    writeFileSync(join(monitor.folder, "file"), "");
    await expect(QmpConnection.open(join(monitor.folder, "file"))).rejects.toThrow(
      "nobody listens there",
    );
    await expect(QmpConnection.open("tcp:nowhere")).rejects.toThrow("tcp:HOST:PORT");
  });

  test("silence", async () => {
    monitor = await new PretendMonitor(() => {}).listen();
    await expect(QmpConnection.open(monitor.path, SOON)).rejects.toThrow(
      "no greeting of a QMP monitor within 200 ms",
    );
  });

  test.each([
    ["garbage", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["a line without end", "x".repeat(MAX_LINE_LENGTH + 1)],
    ["other JSON", '{"hello":1}\n'],
    ["a greeting of something else", '{"QMP":{"version":1}}\n'],
  ])("%s", async (_, text) => {
    monitor = await new PretendMonitor((socket) => socket.write(text)).listen();
    await expect(QmpConnection.open(monitor.path)).rejects.toThrow("not QMP");
  });

  test("an answer before the greeting", async () => {
    monitor = await new PretendMonitor((socket) => socket.write('{"return":{}}\n')).listen();
    await expect(QmpConnection.open(monitor.path)).rejects.toThrow(
      "does not begin with a greeting",
    );
  });

  test("a greeting and nothing else, whose connection is not left open", async () => {
    let isClosed = (): void => {};
    const closed = new Promise<void>((resolve) => {
      isClosed = resolve;
    });
    monitor = await new PretendMonitor((socket) => {
      socket.on("close", isClosed).resume();
      socket.write(`${JSON.stringify(GREETING)}\n`);
    }).listen();
    await expect(QmpConnection.open(monitor.path, SOON)).rejects.toThrow(
      "no answer to qmp_capabilities within 200 ms",
    );
    await closed;
  });

  test.each([[""], [`${JSON.stringify(GREETING)}\n`]])(
    "silence that is interrupted after %j",
    async (said) => {
      const abort = new AbortController();
      monitor = await new PretendMonitor((socket) => {
        socket.write(said);
        setTimeout(() => abort.abort(), 20);
      }).listen();
      await expect(QmpConnection.open(monitor.path, { signal: abort.signal })).rejects.toThrow(
        "interrupted before the monitor had answered",
      );
    },
  );

  test("the end before the greeting", async () => {
    monitor = await new PretendMonitor((socket) => socket.end()).listen();
    await expect(QmpConnection.open(monitor.path)).rejects.toThrow("closed the connection");
  });
});

describe("a monitor that fails later", () => {
  test("vanishes: what was asked, awaited and will be asked fails", async () => {
    monitor = await PretendMonitor.answering(() => undefined);
    const qmp = await QmpConnection.open(monitor.path);
    const waiting = [qmp.execute("query-migrate"), qmp.nextEvent("STOP")];
    monitor.vanish();
    for (const { status, reason } of (await Promise.allSettled(
      waiting,
    )) as PromiseRejectedResult[]) {
      expect(status).toBe("rejected");
      expect(reason.message).toContain("the VM may be gone");
    }
    await expect(qmp.execute("cont")).rejects.toThrow("the VM may be gone");
  });

  test("does not answer", async () => {
    monitor = await PretendMonitor.answering(() => undefined);
    const qmp = await QmpConnection.open(monitor.path, SOON);
    await expect(qmp.execute("cont")).rejects.toThrow("no answer to cont within 200 ms");
    await expect(qmp.nextEvent("STOP")).rejects.toThrow("no event STOP within 200 ms");
    qmp.close();
  });

  test("says what is not QMP", async () => {
    monitor = await PretendMonitor.answering(() => undefined);
    const qmp = await QmpConnection.open(monitor.path);
    const asked = qmp.execute("cont");
    monitor.say([GREETING]);
    await expect(asked).rejects.toThrow("what it says is not QMP");
  });
});
