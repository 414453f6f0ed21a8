#!/usr/bin/env node
import { runScenario } from "../node.js";
import { runProgram } from "./program.js";
import { quietScreen } from "./quiet-screen.js";
import { EXIT } from "./world.js";

const stdout = quietScreen(process.stdout);
const stderr = quietScreen(process.stderr);

process.exitCode = await runProgram({
  argv: process.argv.slice(2),
  stdout,
  stderr,
  simulate: runScenario,
  folder: process.cwd(),
  onInterrupt(callback) {
    let isFirst = true;
    const listener = (): void => {
      // Whoever presses it twice does not want to wait for the engine to notice.
      if (!isFirst) process.exit(EXIT.interrupted);
      isFirst = false;
      callback();
    };
    process.on("SIGINT", listener);
    return () => process.off("SIGINT", listener);
  },
});
