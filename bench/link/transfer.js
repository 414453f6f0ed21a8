import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const script = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Memory of so many bytes from one new process to another over TCP.
 *
 * @param {"plain" | "move"} mode - Through a plain socket whose receiver copies it, or as a machine that moves.
 * @param {number} bytes
 * @param {object} [options] - Of the move.
 * @returns {Promise<{ wallMs: number, sourceMs: number, targetMs: number }>} Wall time, and CPU time of both.
 */
export async function transfer(mode, bytes, options = {}) {
  const argument = JSON.stringify({ mode, bytes, options });
  const children = ["moving-target.js", "moving-source.js"].map((name) =>
    fork(script(name), [argument]),
  );
  const [target, source] = children;
  try {
    const [[where]] = await Promise.all(children.map((child) => once(child, "message")));
    const arrived = once(target, "message");
    source.send(where);
    const [[sent], [got]] = await Promise.all([once(source, "message"), arrived]);
    const { seconds, cpu, report } = sent;
    if (report && report.outcome !== "completed") throw new Error(report.reason);
    return { wallMs: seconds * 1000, sourceMs: cpu * 1000, targetMs: got.cpu * 1000 };
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}
