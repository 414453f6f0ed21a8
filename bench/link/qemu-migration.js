import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { QemuMonitor } from "../../dist/qmp/qemu-monitor.js";

const QEMU = process.env.GODWIT_QEMU ?? "qemu-system-x86_64";
/** More than any loopback carries. */
const NO_LIMIT = 2 ** 40;
const OVER = ["completed", "failed", "cancelled"];

/**
 * A QEMU that stands with random memory migrates over loopback to another.
 *
 * @param {Buffer} contents - Random bytes; the memory repeats them.
 * @param {number} bytes - The guest's memory, a whole number of times the contents.
 * @returns {Promise<number | null>} Milliseconds as QEMU tells (its total-time); null where there is no QEMU.
 */
export async function qemuMigration(contents, bytes) {
  const fast = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const folder = mkdtempSync(join(fast, "godwit-bench-"));
  const children = [];
  try {
    const memory = join(folder, "memory");
    fill(memory, contents, bytes);
    const port = await freePort();
    const file = `memory-backend-file,id=pc.ram,size=${bytes},mem-path=${memory},share=on`;
    const target = await start(folder, "target", bytes, ["-incoming", `tcp:127.0.0.1:${port}`]);
    children.push(target.child);
    const source = await start(folder, "source", bytes, [
      ...["-object", file, "-machine", "memory-backend=pc.ram"],
    ]);
    children.push(source.child);
    await source.monitor.setParameters({ "max-bandwidth": NO_LIMIT, "downtime-limit": 300 });
    await source.monitor.migrate(`tcp:127.0.0.1:${port}`);
    for (;;) {
      const info = await source.monitor.queryMigrate();
      if (info.status === "completed") return info["total-time"];
      if (OVER.includes(info.status)) throw new Error(`QEMU's migration ${info.status}`);
      await setTimeout(20);
    }
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

function fill(path, contents, bytes) {
  const file = openSync(path, "w");
  for (let at = 0; at < bytes; at += contents.length) writeSync(file, contents);
  closeSync(file);
}

async function start(folder, name, bytes, more) {
  const socket = join(folder, name);
  const child = spawn(
    QEMU,
    [
      ...["-accel", "tcg", "-machine", "pc", "-m", `${bytes / 2 ** 20}M`, "-S"],
      ...["-nodefaults", "-display", "none", "-qmp", `unix:${socket},server=on,wait=off`, ...more],
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  await once(child, "spawn");
  for (;;) {
    if (child.exitCode !== null) throw new Error("QEMU ended");
    const monitor = await QemuMonitor.open(socket).catch(() => null);
    if (monitor !== null) return { child, monitor };
    await setTimeout(20);
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
