import type { MigrationReport, RoundReport } from "../migration/report.js";
import { formatDuration } from "../quantity-text.js";
import { escaped, tableHtml } from "../report/html-frame.js";
import { reportTable, roundTable } from "../report/text.js";
import type { Milliseconds } from "../units.js";
import { element, showMarkup } from "./elements.js";
import { sharedNow } from "./worker-messages.js";

/** What is told of a move: its rounds as they end, the downtime as it passes, the report. */
export class MoveView {
  #rounds: RoundReport[] = [];
  #stoppedAt: Milliseconds | null = null;
  readonly #number = element("downtime");
  readonly #words = element("downtime-words");

  /** A move begins. */
  begin(words: string): void {
    this.#rounds = [];
    this.#stoppedAt = null;
    this.#number.className = "";
    this.#number.textContent = "0 ms";
    this.#words.textContent = `${words} The guest still runs.`;
    this.#showRounds();
    element("report-card").hidden = true;
  }

  round(round: RoundReport): void {
    this.#rounds = [...this.#rounds.filter((one) => one.round !== round.round), round];
    this.#showRounds();
  }

  /** The guest has stood since then, on the clock of all tabs; the counter runs. */
  stopped(at: Milliseconds): void {
    this.#stoppedAt = at;
    this.#number.className = "counting";
    this.#words.textContent = "The guest stands.";
    const count = (): void => {
      if (this.#stoppedAt !== at) return;
      this.#number.textContent = `${Math.max(0, sharedNow() - at).toFixed(0)} ms`;
      requestAnimationFrame(count);
    };
    count();
  }

  /** It runs where it went; the report is to come. */
  running(): void {
    if (this.#stoppedAt === null) return;
    const stoodMs = sharedNow() - this.#stoppedAt;
    this.#stoppedAt = null;
    this.#number.className = "";
    this.#number.textContent = `${stoodMs.toFixed(0)} ms`;
    this.#words.textContent = "The guest runs; the report follows.";
  }

  report(report: MigrationReport): void {
    this.#stoppedAt = null;
    this.#number.className = "";
    const didStop = report.downtimeStartMs !== null;
    this.#number.textContent = didStop ? downtimeText(report.downtimeMs) : "0 ms";
    this.#words.textContent = outcomeWords(report);
    this.#rounds = [...report.rounds];
    this.#showRounds();
    showMarkup("report", tableHtml(escaped(reportTable(report)), [0, 1]));
    element("report-card").hidden = false;
  }

  /** It ended without a report. */
  failed(words: string): void {
    this.#stoppedAt = null;
    this.#number.className = "";
    this.#words.textContent = words;
  }

  #showRounds(): void {
    if (this.#rounds.length === 0) {
      showMarkup("rounds", '<p class="muted">No round has ended yet.</p>');
      return;
    }
    showMarkup("rounds", tableHtml(escaped(roundTable(this.#rounds)), [1]));
  }
}

/** Tenths matter where a downtime is short. */
function downtimeText(ms: Milliseconds): string {
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}

function outcomeWords({
  outcome,
  strategy,
  totalMigrationTimeMs,
  reason,
  runningOn,
}: MigrationReport): string {
  const total = formatDuration(totalMigrationTimeMs);
  if (outcome === "completed")
    return `From the stop of the guest to its first instruction at its new place, by ${strategy}; the whole move took ${total}.`;
  const where = runningOn === "source" ? "runs on where it was" : "runs at its new place";
  return `The move did not go through (${outcome}): ${reason}. The machine ${where}.`;
}
