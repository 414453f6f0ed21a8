import { InvalidOptionError } from "../errors.js";

/** Deeper than any scenario, and shallow enough for whatever walks it. */
const MOST_DEPTH = 64;

/** Whether a value is an object with fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a text is a place in a list. */
export function isIndex(text: string): boolean {
  return /^(0|[1-9]\d{0,8})$/.test(text);
}

/**
 * Refuses what JSON could not carry to another computer as it is, and names that mean more than themselves
 * to JavaScript.
 */
export function refuseUnplain(value: unknown, path: string, depth = 0): void {
  if (depth > MOST_DEPTH) {
    throw new InvalidOptionError(path, "more", `at most ${MOST_DEPTH} objects within one another`);
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new InvalidOptionError(path, value, "a finite number");
  }
  if (Array.isArray(value)) {
    for (const [at, entry] of value.entries()) refuseUnplain(entry, below(path, at), depth + 1);
  } else if (isRecord(value)) {
    for (const [name, entry] of Object.entries(value)) {
      if (name.split(".").includes("__proto__")) {
        throw new InvalidOptionError(below(path, name), "it", "another name");
      }
      refuseUnplain(entry, below(path, name), depth + 1);
    }
  } else if (!PLAIN.includes(typeof value) && value !== null) {
    throw new InvalidOptionError(path, typeof value, "text, a number, true, false, null or a list");
  }
}

const PLAIN: readonly string[] = ["string", "number", "boolean"];

function below(path: string, name: string | number): string {
  return path === "" ? String(name) : `${path}.${name}`;
}
