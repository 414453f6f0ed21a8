import { MultiBar, type Options, Presets, SingleBar } from "cli-progress";
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
  clock: "simulated" | "measured" = "simulated",
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
      const words = wordsOf(progress, clock);
      bar.update(Math.max(0, pages - progress.remainingPages), { words });
    },
    line(text) {
      clear();
      out?.write(`${text}\n`);
    },
    stop: clear,
  };
}

/** A bar on a terminal for work of which a share is done, once that turns out to be long. */
export function shareDisplay(
  name: string,
  screen: Screen,
): { update(share: number, words: string): void; stop(): void } {
  const began = Date.now();
  let drawn = 0;
  let bar: SingleBar | null = null;
  return {
    update(share, words) {
      const now = Date.now();
      if (screen.isTTY !== true || now - began < PATIENCE_MS || now - drawn < REDRAW_MS) return;
      drawn = now;
      bar ??= startBar(name, 100, screen);
      bar.update(Math.floor(100 * share), { words });
    },
    stop: () => bar?.stop(),
  };
}

function startBar(name: string, pages: PageCount, screen: Screen): SingleBar {
  const bar = new SingleBar(barOptions(screen), Presets.shades_classic);
  bar.start(pages, 0, { name, words: "" });
  return bar;
}

function barOptions(screen: Screen): Options {
  return {
    format: "{name} {bar} {percentage} %  {words}",
    stream: screen as NodeJS.WriteStream,
    clearOnComplete: true,
    hideCursor: false,
    // Ctrl-C is the session's business.
    gracefulExit: false,
    stopOnComplete: false,
    barsize: 24,
  };
}

/** What is shown while several migrations of a guest run side by side. */
export interface SideBySideDisplay {
  update(name: string, progress: MigrationProgress): void;
  /** This one is over; what is to be said of it may have to wait for others. */
  done(name: string): void;
  /** Prints a line of results of the one of that name, whose bar is not shown any more. */
  line(name: string, text: string): void;
  stop(): void;
}

/** As {@link progressDisplay}, with a bar for each. */
export function sideBySideDisplay(
  names: readonly string[],
  pages: PageCount,
  out: Screen | null,
  screen: Screen,
): SideBySideDisplay {
  const began = Date.now();
  const width = Math.max(...names.map((name) => name.length));
  const states = new Map(names.map((name) => [name, { pages: 0, words: "waits" }]));
  let bars: MultiBar | null = null;
  let drawn = new Map<string, SingleBar>();
  const clear = (): void => {
    bars?.stop();
    bars = null;
  };
  const draw = (): void => {
    if (screen.isTTY !== true || Date.now() - began < PATIENCE_MS) return;
    if (bars === null) {
      const begun = new MultiBar(barOptions(screen), Presets.shades_classic);
      const start = (name: string): SingleBar =>
        begun.create(pages, 0, { name: name.padEnd(width), words: "" });
      drawn = new Map([...states.keys()].map((name) => [name, start(name)]));
      bars = begun;
    }
    for (const [name, state] of states) {
      drawn.get(name)?.update(state.pages, { words: state.words });
    }
  };
  const show = (name: string, pagesThere: PageCount, words: string): void => {
    if (!states.has(name)) return;
    states.set(name, { pages: pagesThere, words });
    draw();
  };
  return {
    update: (name, progress) =>
      show(name, Math.max(0, pages - progress.remainingPages), wordsOf(progress, "simulated")),
    done: (name) => show(name, pages, "done"),
    line(name, text) {
      states.delete(name);
      clear();
      out?.write(`${text}\n`);
    },
    stop: clear,
  };
}

function wordsOf(
  { phase, round, elapsedMs }: MigrationProgress,
  clock: "simulated" | "measured",
): string {
  return `${phase}, round ${round}, ${formatDuration(elapsedMs)} ${clock}`;
}
