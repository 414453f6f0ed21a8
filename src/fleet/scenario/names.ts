import { InvalidOptionError } from "../../errors.js";
import { nearestName } from "../../scenario/shape.js";

/** Longest name, so that it can be shown and written to tables. */
const NAME = /^[A-Za-z0-9_][\w.:-]{0,62}$/;
const RANGE = /^(.*?)(\d{1,15})\.\.(.*?)(\d{1,15})$/;

/** Names in all ranges and lists of a scenario: the work that a short text can ask for is bounded. */
const MOST_READ = 20_000_000;

/** Names that stand in a row in the book: `base` with numbers from `number` on in place of the hole. */
interface Run {
  readonly start: number;
  readonly count: number;
  readonly before: string;
  /** Null: the name is `before`, without a number. */
  readonly after: string | null;
  readonly number: number;
}

/**
 * Names of hosts or of VMs, kept as patterns: a million of them take no more room than the groups that
 * they were written as. A name is `web12`, a pattern `web{}`.
 */
export class NameBook {
  readonly #kind: string;
  readonly #runs: Run[] = [];
  readonly #exact = new Map<string, number>();
  /** Numbers of exact names by the patterns that they would fit. */
  readonly #taken = new Map<string, Set<number>>();
  /** Runs of a pattern, ascending in their numbers, which go on from group to group. */
  readonly #patterns = new Map<string, Run[]>();
  #count = 0;
  /** Names that were written out of ranges and lists so far. */
  #read = 0;

  /** @param kind - What is named, for errors: `host`. */
  constructor(kind: string) {
    this.#kind = kind;
  }

  /** How many names there are. */
  get count(): number {
    return this.#count;
  }

  /** Adds `count` names that a pattern gives; answers the index of the first. */
  add(path: string, pattern: string, count: number): number {
    const start = this.#count;
    const [before = "", after, ...more] = pattern.split("{}");
    const hasHole = after !== undefined || count > 1;
    const sample = hasHole ? `${before}0${after ?? ""}` : pattern;
    if (more.length > 0 || !NAME.test(sample)) {
      const rule = "letters, digits, _ . : and -, with {} for the number, at most 63 in all";
      throw new InvalidOptionError(path, pattern, rule);
    }
    if (hasHole) this.#addNumbered(path, before, after ?? "", count);
    else this.#addExact(path, pattern);
    this.#count += count;
    return start;
  }

  /** The index of a name; undefined: there is none such. */
  find(name: string): number | undefined {
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    for (const { key, number } of patternsOf(name)) {
      const found = this.#inRuns(this.#patterns.get(key), number);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The name at an index. */
  nameOf(index: number): string {
    const run = lastAtMost(this.#runs, index, ({ start }) => start);
    if (run === undefined) return `${index}`;
    return run.after === null
      ? run.before
      : `${run.before}${run.number + index - run.start}${run.after}`;
  }

  /** The index of a name that must be there. */
  need(path: string, name: string): number {
    const found = this.find(name);
    if (found !== undefined) return found;
    throw new InvalidOptionError(path, name, this.#expected(name));
  }

  /**
   * The indices that a name, a range such as `h0..h9`, or a list of those stand for, in the order written.
   *
   * @param most - How many are read at most.
   */
  needAll(path: string, names: string | readonly string[], most: number): number[] {
    const found: number[] = [];
    const isList = typeof names !== "string";
    for (const [at, text] of (isList ? names : [names]).entries()) {
      const here = isList ? `${path}.${at}` : path;
      const range = this.find(text) === undefined ? RANGE.exec(text) : null;
      if (range === null) found.push(this.need(here, text));
      else this.#addRange(here, text, range, { found, most });
      if (found.length > most) throw new InvalidOptionError(here, text, `at most ${most} of them`);
    }
    this.#read += found.length;
    if (this.#read > MOST_READ) {
      const shown = isList ? `a list of ${found.length}` : names;
      throw new InvalidOptionError(
        path,
        shown,
        `at most ${MOST_READ} names in all ranges and lists`,
      );
    }
    return found;
  }

  #addRange(
    path: string,
    text: string,
    [, prefix = "", low = "", other = "", high = ""]: RegExpExecArray,
    { found, most }: { readonly found: number[]; readonly most: number },
  ): void {
    const from = Number(low);
    const to = Number(high);
    if (prefix !== other || to < from || to - from >= most) {
      const rule = `a range of at most ${most} such as ${prefix}${from}..${prefix}${from + 9}`;
      throw new InvalidOptionError(path, text, rule);
    }
    for (let number = from; number <= to; number++) {
      found.push(this.need(path, `${prefix}${number}`));
    }
  }

  #expected(name: string): string {
    if (this.#count === 0) return `the name of a ${this.#kind}; there are none`;
    const first = this.nameOf(0);
    const last = this.nameOf(this.#count - 1);
    // The patterns' first names are few and say what a misspelt name was meant to be.
    const known = this.#runs.slice(0, 1000).map(({ start }) => this.nameOf(start));
    const stem = name.replace(/\d+/g, "0");
    const near = nearestName(stem, known);
    const hint = near !== null && near !== stem ? `; perhaps one like ${near}?` : "";
    return `the name of a ${this.#kind}, ${first} to ${last}${hint}`;
  }

  #addExact(path: string, name: string): void {
    if (this.find(name) !== undefined) {
      throw new InvalidOptionError(path, name, `a name that no other ${this.#kind} has`);
    }
    this.#exact.set(name, this.#count);
    for (const { key, number } of patternsOf(name)) {
      const taken = this.#taken.get(key) ?? new Set();
      this.#taken.set(key, taken.add(number));
    }
    this.#runs.push({ start: this.#count, count: 1, before: name, after: null, number: 0 });
  }

  #addNumbered(path: string, before: string, after: string, count: number): void {
    const key = keyOf(before, after);
    const runs = this.#patterns.get(key) ?? [];
    const last = runs.at(-1);
    const number = last === undefined ? 0 : last.number + last.count;
    const run = { start: this.#count, count, before, after, number };
    const collides = collision(run, this.#taken.get(key) ?? new Set());
    if (collides !== undefined) {
      throw new InvalidOptionError(
        path,
        keyOf(before, after),
        `no name twice; ${before}${collides}${after} is there`,
      );
    }
    runs.push(run);
    this.#patterns.set(key, runs);
    this.#runs.push(run);
  }

  #inRuns(runs: readonly Run[] | undefined, number: number): number | undefined {
    const run = runs && lastAtMost(runs, number, (one) => one.number);
    if (run === undefined || number >= run.number + run.count) return undefined;
    return run.start + number - run.number;
  }
}

function keyOf(before: string, after: string): string {
  return `${before}{}${after}`;
}

/** Every pattern and number that a name could come from. */
function* patternsOf(name: string): Generator<{ key: string; number: number }> {
  for (const { 0: digits, index } of name.matchAll(/\d+/g)) {
    if (digits.length > 15 || (digits.length > 1 && digits.startsWith("0"))) continue;
    const key = keyOf(name.slice(0, index), name.slice(index + digits.length));
    yield { key, number: Number(digits) };
  }
}

/** A number of the run that is taken; whichever of the two is shorter is gone through. */
function collision({ number, count }: Run, taken: ReadonlySet<number>): number | undefined {
  const end = number + count;
  if (taken.size < count) return [...taken].find((one) => one >= number && one < end);
  for (let one = number; one < end; one++) if (taken.has(one)) return one;
  return undefined;
}

/** The last entry whose value is at most `limit`, of entries that ascend. */
function lastAtMost<T>(
  entries: readonly T[],
  limit: number,
  placeOf: (entry: T) => number,
): T | undefined {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (placeOf(entries[middle] as T) <= limit) low = middle + 1;
    else high = middle;
  }
  return entries[low - 1];
}
