/** Sentences that say the same of different subjects, as one. */
export interface ReasonGroup {
  readonly count: number;
  /** The sentence; what differs from case to case is an ellipsis. */
  readonly because: string;
}

const UNITS = new Set(
  "ns µs ms s m h % B KiB MiB GiB TiB B/s KiB/s MiB/s GiB/s bit/s kbit/s Mbit/s Gbit/s".split(" "),
);
const ELLIPSIS = "…";

/**
 * Reasons by what they say, the most frequent first: "no host has room for vm17" and "... for vm18" are
 * one. Words with a digit (names, amounts with their units) and the words in `subjects` are what may differ.
 */
export class GroupedReasons {
  readonly #groups = new Map<string, { count: number; words: string[] }>();

  add(because: string, subjects: readonly string[] = []): void {
    const words = joinUnits(because.split(" "));
    const key = words.map((word) => (mayDiffer(word, subjects) ? ELLIPSIS : word)).join(" ");
    const group = this.#groups.get(key);
    if (group === undefined) {
      this.#groups.set(key, { count: 1, words });
      return;
    }
    group.count += 1;
    words.forEach((word, place) => {
      if (group.words[place] !== word) group.words[place] = masked(word);
    });
  }

  /** How many different things were said. */
  get size(): number {
    return this.#groups.size;
  }

  list(): ReasonGroup[] {
    return [...this.#groups.values()]
      .map(({ count, words }) => ({ count, because: words.join(" ") }))
      .sort((a, b) => b.count - a.count || (a.because < b.because ? -1 : 1));
  }
}

/** An amount and its unit are one word, or 900 ms and 1.2 s would be different things. */
function joinUnits(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    if (before !== undefined && /\d$/.test(before) && UNITS.has(bare(word))) {
      joined[joined.length - 1] = `${before} ${word}`;
    } else joined.push(word);
  }
  return joined;
}

function mayDiffer(word: string, subjects: readonly string[]): boolean {
  return /\d/.test(word) || subjects.includes(bare(word));
}

/** Brackets before what differs and punctuation after it stay. */
function masked(word: string): string {
  const inside = bare(word);
  const at = word.indexOf(inside);
  return word.slice(0, at) + ELLIPSIS + word.slice(at + inside.length);
}

function bare(word: string): string {
  let from = 0;
  let to = word.length;
  while (from < to && "(\"'".includes(word[from] ?? "")) from += 1;
  while (to > from && ",;:.)\"'".includes(word[to - 1] ?? "")) to -= 1;
  return word.slice(from, to);
}
