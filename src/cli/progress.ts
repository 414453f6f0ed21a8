import { Presets, SingleBar } from "cli-progress";
import type { MigrationProgress, PageCount } from "../node.js";
import { formatDuration } from "../quantity-text.js";
import type { Screen } from "./world.js";

/** What is shown while a migration runs. */
export interface ProgressDisplay {
  update(progress: MigrationProgress): void;
  /** Prints a line of results without tearing the bar. */
  line(text: string): void;
  stop(): void;
}

/** A run must take so long before a bar is worth looking at. */
const PATIENCE_MS = 500;
/** Redrawing more often than this only costs time. */
const REDRAW_MS = 80;

/** Lines on `out`, and on a terminal a bar on `screen` once the run turns out to be long. */
export function progressDisplay(
  name: string,
  pages: PageCount,
  out: Screen | null,
  screen: Screen,
): ProgressDisplay {
  const began = Date.now();
  let drawn = 0;
  let bar: SingleBar | null = null;
  // A bar remembers where on the terminal it began, so it must go before a line moves it down.
  const clear = (): void => {
    bar?.stop();
    bar = null;
  };
  return {
    update(progress) {
      const now = Date.now();
      if (screen.isTTY !== true || now - began < PATIENCE_MS || now - drawn < REDRAW_MS) return;
      drawn = now;
      bar ??= startBar(name, pages, screen);
      const elapsed = formatDuration(progress.elapsedMs);
      const payload = { words: `${progress.phase}, round ${progress.round}, ${elapsed} simulated` };
      bar.update(Math.max(0, pages - progress.remainingPages), payload);
    },
    line(text) {
      clear();
      out?.write(`${text}\n`);
    },
    stop: clear,
  };
}

function startBar(name: string, pages: PageCount, screen: Screen): SingleBar {
  const options = {
    format: `${name} {bar} {percentage} %  {words}`,
    stream: screen as NodeJS.WriteStream,
    clearOnComplete: true,
    hideCursor: false,
    // Ctrl-C is the session's business.
    gracefulExit: false,
    stopOnComplete: false,
    barsize: 24,
  };
  const bar = new SingleBar(options, Presets.shades_classic);
  bar.start(pages, 0, { words: "" });
  return bar;
}
