import { performance } from "node:perf_hooks";
import { InvalidOptionError, isGodwitError } from "../errors.js";
import { printable } from "./printable.js";
import { InterruptedError } from "./session.js";
import { type CliWorld, widthOf } from "./world.js";

/** How a command that waits for a real migration speaks with its user. */
export interface LiveScreen {
  readonly signal: AbortSignal;
  /** A line that stays, on stderr: results alone go to stdout. */
  say(text: string): void;
  /** A line that the next one replaces; only on a terminal. */
  show(text: string): void;
}

const REDRAW_MS = 100;

/**
 * Runs a command over real migrations: Ctrl-C ends it, errors name its options as the caller wrote them.
 *
 * @param names - Names of the library's options on the command line.
 */
export async function runLive<T>(
  world: CliWorld,
  names: Readonly<Record<string, string>>,
  work: (screen: LiveScreen) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const stopListening = world.onInterrupt(() => abort.abort());
  const line = statusLine(world);
  try {
    return await work({ signal: abort.signal, say: line.say, show: line.show });
  } catch (error) {
    if (abort.signal.aborted) {
      const words = isGodwitError(error, "AbortedError") ? error.message : "interrupted";
      throw new InterruptedError(words, null);
    }
    if (!isGodwitError(error, "InvalidOptionError")) throw error;
    const name = names[error.option] ?? error.option;
    throw new InvalidOptionError(name, error.value, error.expected, { cause: error });
  } finally {
    line.clear();
    stopListening();
  }
}

function statusLine({ stderr }: CliWorld) {
  let shownMs = 0;
  let isShown = false;
  const clear = (): void => {
    if (isShown) stderr.write("\r\x1b[K");
    isShown = false;
  };
  return {
    clear,
    say(text: string): void {
      clear();
      stderr.write(`${printable(text)}\n`);
    },
    show(text: string): void {
      const now = performance.now();
      if (stderr.isTTY !== true || now - shownMs < REDRAW_MS) return;
      shownMs = now;
      isShown = true;
      stderr.write(`\r\x1b[K${printable(text).slice(0, widthOf(stderr) - 1)}`);
    },
  };
}
