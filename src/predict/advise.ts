import { InvalidOptionError } from "../errors.js";
import { formatDuration, formatShare } from "../quantity-text.js";
import { firstThatWorks, type Goal, GoalCheck, MAY_MISS } from "./goal.js";
import type { PredictedGuest } from "./guest.js";
import { type AdvisedCase, MEASURES, type Measure, type MeasureName, PAIRS } from "./measures.js";
import { type Prediction, type PredictOptions, predict } from "./prediction.js";
import { type PredictedSettings, TYPICAL_HOSTS } from "./settings.js";

/** Settings that were tried, and what comes of them. */
export interface AdvisedSettings {
  /** What is changed; nothing for the settings as they are. */
  readonly measures: readonly MeasureName[];
  /** The change in QEMU's words. */
  readonly change: string;
  readonly settings: PredictedSettings;
  readonly prediction: Prediction;
  /** What it costs, in words. */
  readonly cost: string;
  /** Why it reaches the goal, or how near it comes, in a sentence. */
  readonly because: string;
}

/** What reaches a goal, and what does not. */
export interface Advice {
  readonly goal: Goal;
  /** Cheapest first; a single entry without measures when there is nothing to change. */
  readonly reaching: readonly AdvisedSettings[];
  /** The best that every other single measure comes to, in the same order. */
  readonly missing: readonly AdvisedSettings[];
}

/** Options of an advice; the deadline is the goal's. */
export type AdviseOptions = Omit<PredictOptions, "deadlineMs">;

/** Runs of the prediction that says how far off a measure is. */
const RUNS_OF_A_MISS = 100;

/**
 * Which settings reach a goal, cheapest first: nothing, a single change at the least value that does it, or
 * two changes where neither does it alone. Stopping the guest first comes last. The same seed gives the
 * same advice.
 *
 * @throws InvalidOptionError for a goal that is not longer than 0.
 */
export function advise(
  guest: PredictedGuest,
  settings: PredictedSettings,
  goal: Goal,
  options: AdviseOptions = {},
): Advice {
  checkGoal(goal);
  return new Search(guest, settings, goal, options).run();
}

function checkGoal({ deadlineMs, maxDowntimeMs }: Goal): void {
  if (!(deadlineMs > 0)) throw new InvalidOptionError("deadlineMs", deadlineMs, "longer than 0");
  if (!(maxDowntimeMs > 0)) {
    throw new InvalidOptionError("maxDowntimeMs", maxDowntimeMs, "longer than 0");
  }
}

/** A measure and the value it is taken at. */
interface Step {
  readonly measure: Measure;
  readonly value: number;
}

class Search {
  readonly #case: AdvisedCase;
  readonly #settings: PredictedSettings;
  readonly #options: AdviseOptions;
  readonly #runs: number;
  readonly #check: GoalCheck;

  constructor(
    guest: PredictedGuest,
    settings: PredictedSettings,
    goal: Goal,
    options: AdviseOptions,
  ) {
    const hosts = { ...TYPICAL_HOSTS, ...options.hosts };
    this.#settings = settings;
    this.#options = options;
    this.#runs = options.runs ?? 400;
    this.#check = new GoalCheck(guest, hosts, goal, options.seed ?? 1);
    this.#case = { guest, hosts, goal, isLate: !this.#check.isInTime(settings) };
  }

  run(): Advice {
    const { goal } = this.#case;
    if (this.#check.reaches(this.#settings, this.#runs)) {
      return { goal, reaching: [this.#advised([])], missing: [] };
    }
    const reaching: AdvisedSettings[] = [];
    const missing = [this.#missed([])];
    const alone = new Set<Measure>();
    for (const measure of MEASURES) {
      const step = this.#least(measure, this.#settings);
      if (step !== null && this.#reaches([step])) {
        alone.add(measure);
        reaching.push(this.#advised([step]));
        continue;
      }
      const best = step?.value ?? measure.values(this.#settings, this.#case).at(-1);
      if (best !== undefined) missing.push(this.#missed([{ measure, value: best }]));
    }
    for (const [first, second] of PAIRS) {
      if (alone.has(first) || alone.has(second)) continue;
      const steps = this.#leastPair(first, second);
      if (steps !== null && this.#reaches(steps)) reaching.push(this.#advised(steps));
    }
    return { goal, reaching: reaching.sort(byPrice), missing };
  }

  /** The cheapest value of a measure that mends what is wrong; null: none does. */
  #least(measure: Measure, settings: PredictedSettings): Step | null {
    const values = measure.values(settings, this.#case);
    const works = (value: number): boolean => {
      const changed = measure.apply(settings, value);
      return this.#case.isLate ? this.#check.isInTime(changed) : this.#check.reachesEasily(changed);
    };
    const place = measure.isMonotone ? firstThatWorks(values, works) : values.findIndex(works);
    const value = values[place];
    return value === undefined ? null : { measure, value };
  }

  /** The least of the second beside the most of the first, and then the least of the first beside that. */
  #leastPair(first: Measure, second: Measure): readonly [Step, Step] | null {
    const most = first.values(this.#settings, this.#case).at(-1);
    if (most === undefined) return null;
    const least = this.#least(second, first.apply(this.#settings, most));
    if (least === null) return null;
    const spared = this.#least(first, second.apply(this.#settings, least.value));
    return [spared ?? { measure: first, value: most }, least];
  }

  #reaches(steps: readonly Step[]): boolean {
    return this.#check.reaches(applied(this.#settings, steps), this.#runs);
  }

  /** What reaches the goal. */
  #advised(steps: readonly Step[]): AdvisedSettings {
    const prediction = this.#predict(steps, this.#runs);
    return { ...this.#described(steps, prediction), because: this.#reason(steps, prediction) };
  }

  /** What does not, and how near it comes. */
  #missed(steps: readonly Step[]): AdvisedSettings {
    const prediction = this.#predict(steps, RUNS_OF_A_MISS);
    const because =
      shortfallText(prediction, this.#case.goal) ?? "about one run in twenty misses the goal";
    return { ...this.#described(steps, prediction), because };
  }

  #predict(steps: readonly Step[], runs: number): Prediction {
    const { guest, goal } = this.#case;
    const { deadlineMs } = goal;
    const settings = applied(this.#settings, steps);
    return predict(guest, settings, { ...this.#options, runs, deadlineMs });
  }

  #described(steps: readonly Step[], prediction: Prediction): Omit<AdvisedSettings, "because"> {
    const changes = steps.map(({ measure, value }) => measure.text(value));
    const costs = steps.map(({ measure, value }) => measure.cost(value, prediction, this.#case));
    return {
      measures: steps.map(({ measure }) => measure.name),
      change: changes.join("; ") || "nothing to change",
      settings: applied(this.#settings, steps),
      prediction,
      cost: costs.join("; ") || "nothing",
    };
  }

  #reason(steps: readonly Step[], prediction: Prediction): string {
    let settings = this.#settings;
    const reasons = steps.map(({ measure, value }) => {
      const reason = measure.reason(settings, value, this.#case);
      settings = measure.apply(settings, value);
      return reason;
    });
    return reasons.join(", and ") || prediction.because;
  }
}

function applied(settings: PredictedSettings, steps: readonly Step[]): PredictedSettings {
  return steps.reduce((changed, { measure, value }) => measure.apply(changed, value), settings);
}

/** How far from the goal; null: not at all. */
function shortfallText({ convergesBy, downtimeMs }: Prediction, goal: Goal): string | null {
  if (convergesBy.probability < 1 - MAY_MISS) {
    return `${formatShare(convergesBy.probability)} of the runs end within ${formatDuration(goal.deadlineMs)}`;
  }
  if (downtimeMs !== null && downtimeMs.p95 > goal.maxDowntimeMs) {
    return `the downtime's p95 is ${formatDuration(downtimeMs.p95)}, longer than ${formatDuration(goal.maxDowntimeMs)}`;
  }
  return null;
}

/** What changes are worth avoiding, in order: a pair costs as much as its dearer half, and a little more. */
function byPrice(one: AdvisedSettings, other: AdvisedSettings): number {
  return priceOf(one) - priceOf(other);
}

function priceOf({ measures }: AdvisedSettings): number {
  const ranks = measures.map((name) => MEASURES.findIndex((measure) => measure.name === name));
  return Math.max(...ranks) + (ranks.length - 1) / 2;
}
