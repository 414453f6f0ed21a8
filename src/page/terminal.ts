/** Lines that are kept; older ones go. */
const MOST_LINES = 1000;
const MOST_COLUMNS = 1000;
const TAB = 8;

/** Keys that a serial line has bytes or sequences for. */
const KEYS: Readonly<Record<string, string>> = {
  Enter: "\r",
  Backspace: "\x7f",
  Tab: "\t",
  Escape: "\x1b",
  ArrowUp: "\x1b[A",
  ArrowDown: "\x1b[B",
  ArrowRight: "\x1b[C",
  ArrowLeft: "\x1b[D",
};

/** What tells a key's meaning, of a keyboard's event. */
export type Key = Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey">;

/** What a key sends over a serial line; null: nothing, the browser may have it. */
export function keyText({ key, ctrlKey, altKey, metaKey }: Key): string | null {
  if (altKey || metaKey) return null;
  // Ctrl-A to Ctrl-Z are the bytes 1 to 26.
  if (ctrlKey) return /^[a-z]$/i.test(key) ? String.fromCharCode(key.charCodeAt(0) & 31) : null;
  return KEYS[key] ?? (key.length === 1 ? key : null);
}

/**
 * What a machine has written to its serial line, as lines. The cursor moves within the last line only;
 * sequences that would move it elsewhere, or colour, are left out.
 */
export class Terminal {
  #lines: string[] = [""];
  #column = 0;
  /** Where a command that begins with ESC is: it may come in pieces. */
  #escape: "none" | "begun" | "parameters" = "none";

  get text(): string {
    return this.#lines.join("\n");
  }

  write(text: string): void {
    for (const character of text) {
      if (this.#escape === "none") this.#take(character);
      else this.#skip(character);
    }
    if (this.#lines.length > MOST_LINES) this.#lines = this.#lines.slice(-MOST_LINES);
  }

  /** ESC and a letter, or ESC [ parameters and a letter. */
  #skip(character: string): void {
    const isOpening = this.#escape === "begun" && character === "[";
    if (isOpening) this.#escape = "parameters";
    else if (this.#escape === "begun" || /[@-~]/.test(character)) this.#escape = "none";
  }

  #take(character: string): void {
    switch (character) {
      case "\x1b":
        this.#escape = "begun";
        return;
      case "\n":
        this.#lines.push("");
        this.#column = 0;
        return;
      case "\r":
        this.#column = 0;
        return;
      case "\b":
        this.#column = Math.max(0, this.#column - 1);
        return;
      case "\t":
        this.#column = Math.min(MOST_COLUMNS, (Math.floor(this.#column / TAB) + 1) * TAB);
        return;
    }
    if (character >= " " && character !== "\x7f") this.#put(character);
  }

  #put(character: string): void {
    if (this.#column >= MOST_COLUMNS) this.#take("\n");
    const line = (this.#lines.at(-1) ?? "").padEnd(this.#column);
    const after = line.slice(this.#column + 1);
    this.#lines[this.#lines.length - 1] = line.slice(0, this.#column) + character + after;
    this.#column++;
  }
}
