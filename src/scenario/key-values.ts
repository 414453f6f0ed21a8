import { InvalidOptionError } from "../errors.js";

/**
 * The small language of composite options: words and `key=value` pairs with commas between them, as in
 * `local:20GiB,write-rate=10MB/s`. What the values mean is the caller's business.
 */

/** The parts of a composite option. Every pair that was written must be taken by the caller's list of keys. */
export interface KeyValues {
  /** The first words, in order, as many as were asked for. */
  readonly words: readonly string[];
  /** Bare words after those, such as `failover`. */
  readonly marks: ReadonlySet<string>;
  /** Value of a key, undefined when absent. */
  get(key: string): string | undefined;
  /** Value of a key that must be there. */
  need(key: string): string;
}

/** What a composite option may hold. */
export interface KeyValuesShape {
  /** How many leading words there are. */
  readonly words: number;
  readonly keys: readonly string[];
  readonly marks?: readonly string[];
  /** The form, for the error: `NAME[,failover]`. */
  readonly form: string;
  /** The option as the caller wrote it, for the error, when `text` is only a part of it. */
  readonly shown?: string;
}

/** Takes a composite option apart; unknown, repeated and empty parts are refused with the form in the error. */
export function parseKeyValues(option: string, text: string, shape: KeyValuesShape): KeyValues {
  const refuse = (why: string): never => {
    throw new InvalidOptionError(option, shape.shown ?? text, `${shape.form}; ${why}`);
  };
  // "".split(",") is one empty word; a shape without leading words may be empty.
  const parts = text === "" && shape.words === 0 ? [] : text.split(",");
  const words = parts.slice(0, shape.words);
  if (words.length < shape.words || words.includes("")) refuse("its first part is missing");
  const pairs = new Map<string, string>();
  const marks = new Set<string>();
  for (const part of parts.slice(shape.words)) {
    const equals = part.indexOf("=");
    const key = equals < 0 ? part : part.slice(0, equals);
    if (key === "") refuse("a part is empty");
    if (pairs.has(key) || marks.has(key)) refuse(`${key} is there twice`);
    if (equals < 0 && shape.marks?.includes(key)) marks.add(key);
    else if (!shape.keys.includes(key)) refuse(`${JSON.stringify(key)} is unknown`);
    else if (equals < 0 || equals === part.length - 1) refuse(`${key} needs a value`);
    else pairs.set(key, part.slice(equals + 1));
  }
  return {
    words,
    marks,
    get: (key) => pairs.get(key),
    need: (key) => pairs.get(key) ?? refuse(`${key} is missing`),
  };
}
