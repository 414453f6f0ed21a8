import { fork } from "node:child_process";
import { once } from "node:events";

/**
 * Runs a script in a process of its own, so that its CPU time and its memory are nobody else's, and answers
 * the one message that it sends.
 *
 * @param {string} script
 * @param {object} argument - Its first argument, as JSON.
 * @param {string} title - What the run is called where it fails.
 */
export async function runChild(script, argument, title) {
  const child = fork(script, [JSON.stringify(argument)]);
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  const ended = once(child, "exit");
  const told = await Promise.race([once(child, "message"), ended.then(() => [null])]);
  // Node may wait for its compiler threads forever when it ends by itself (nodejs/node issue 54918).
  end();
  await ended;
  process.off("exit", end);
  const [run] = told;
  if (run === null) throw new Error(`${title}: the process ended without a result`);
  return run;
}
