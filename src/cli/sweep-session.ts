import { formatCount } from "../quantity-text.js";
import type { Journal } from "../sweep/journal.js";
import type { PointPlace } from "../sweep/kind.js";
import type { PointResult } from "../sweep/point.js";
import type { QueueAddress } from "../sweep/queue-address.js";
import { connectQueue } from "../sweep/queue-connection.js";
import { type QueueProgress, sweepByQueue } from "../sweep/queue-sweep.js";
import { runSweep } from "../sweep/run-sweep.js";
import type { SweepDocument } from "../sweep/sweep-document.js";
import { printable } from "./printable.js";
import { shareDisplay } from "./progress.js";
import { InterruptedError } from "./session.js";
import type { CliWorld } from "./world.js";

const REDRAW_MS = 500;

/** The results of a sweep, and the end of what is kept of them elsewhere. */
export interface SweepOutcome {
  readonly results: readonly PointResult[];
  /** To be called once they are written: what is lost before that can be had again. */
  forget(): void | Promise<void>;
}

/** Runs a sweep in threads of this process. */
export async function runHere(
  world: CliWorld,
  { sweep }: SweepDocument,
  place: Omit<PointPlace, "nameOf">,
  asked: number | undefined,
  journal: Journal | null,
): Promise<SweepOutcome> {
  const threads = Math.min(asked ?? world.parallelism, sweep.count);
  const kept = journal === null ? "nothing was written" : "the same command goes on from there";
  let done = journal?.known.size ?? 0;
  return watched(world, sweep.count, kept, async (signal, show) => {
    const pool = world.openPool(threads);
    try {
      const results = await runSweep(sweep, pool, {
        ...{ place, threads, signal, known: journal?.known },
        onDone(index, result) {
          journal?.add(index, result);
          done++;
          show(done, "");
        },
      });
      return { results, forget: () => journal?.remove() };
    } finally {
      await pool.close();
    }
  });
}

/** Has a sweep run by the workers of a queue. */
export async function runByQueue(
  world: CliWorld,
  document: SweepDocument,
  address: QueueAddress,
): Promise<SweepOutcome> {
  const connection = await connectQueue("--queue", address, false);
  const kept = "workers go on, and the same command collects them";
  try {
    return await watched(world, document.sweep.count, kept, async (signal, show) => {
      let isTold = false;
      const progress = ({ done, workers }: QueueProgress): void => {
        if (workers === 0 && !isTold) {
          isTold = true;
          const hint = `godwit worker --queue ${address.text}`;
          world.stderr.write(`godwit: no worker listens yet; start some: ${printable(hint)}\n`);
        }
        show(done, workers === null ? "" : `, workers: ${workers}`);
      };
      const { results, forget } = await sweepByQueue(document, connection, signal, progress);
      return { results, forget: () => forget().finally(connection.close) };
    });
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Shows how far a sweep is, and ends it at Ctrl-C with an InterruptedError that says what is kept. */
async function watched<T>(
  world: CliWorld,
  count: number,
  kept: string,
  work: (signal: AbortSignal, show: (done: number, words: string) => void) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const stopListening = world.onInterrupt(() => abort.abort());
  const display = shareDisplay("sweep", world.stderr);
  let shown = 0;
  let said = "";
  const draw = (): void => display.update(shown / count, `${shown} of ${pointsText(count)}${said}`);
  // A point may take so long that a bar is wanted before the first one is done.
  const redrawing = setInterval(draw, REDRAW_MS);
  try {
    return await work(abort.signal, (done, words) => {
      shown = done;
      said = words;
      draw();
    });
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    const words = `interrupted: ${shown} of ${pointsText(count)} are done; ${kept}`;
    throw new InterruptedError(words, null);
  } finally {
    clearInterval(redrawing);
    display.stop();
    stopListening();
  }
}

/** So many points, in words. */
export function pointsText(count: number): string {
  return count === 1 ? "1 point" : `${formatCount(count)} points`;
}
