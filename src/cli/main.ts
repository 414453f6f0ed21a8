#!/usr/bin/env node
import { availableParallelism, totalmem } from "node:os";
import { openPool } from "../sweep/pool.js";
import { runProgram } from "./program.js";
import { quietScreen } from "./quiet-screen.js";
import { EXIT } from "./world.js";

/** Ctrl-C, and what `kill`, `timeout` and service managers send. */
const ENDINGS = ["SIGINT", "SIGTERM"] as const;

const stderr = quietScreen(process.stderr, () => undefined);
const stdout = quietScreen(process.stdout, (reason) => {
  stderr.write(`godwit: the output is incomplete: ${reason}\n`);
  // The last word, whatever the program itself answers.
  process.on("exit", () => {
    process.exitCode = EXIT.usage;
  });
});

process.exitCode = await runProgram({
  argv: process.argv.slice(2),
  stdout,
  stderr,
  openStdin: () => process.stdin,
  env: process.env,
  simulate: async (scenario, options) =>
    (await import("../node.js")).runScenario(scenario, options),
  openPool,
  parallelism: availableParallelism(),
  folder: process.cwd(),
  memoryBytes: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
  freeBytes: process.availableMemory(),
  onInterrupt(callback) {
    let isFirst = true;
    const listener = (): void => {
      // Whoever presses it twice does not want to wait for the engine to notice.
      if (!isFirst) process.exit(EXIT.interrupted);
      isFirst = false;
      callback();
    };
    for (const signal of ENDINGS) process.on(signal, listener);
    return () => {
      for (const signal of ENDINGS) process.off(signal, listener);
    };
  },
});
