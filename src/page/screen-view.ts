import { element } from "./elements.js";

const NOTHING = "No machine runs in this tab. Start one above, or bring one here.";
const BLANK = "The machine has written nothing to its screen. Its serial console is below.";

/** The machine's text screen. */
export class ScreenView {
  readonly #pre = element("screen");

  constructor() {
    this.leave("");
  }

  /** Lines as they stand there; null: the machine shows no text. */
  show(lines: readonly string[] | null): void {
    const text = (lines ?? []).map((line) => line.trimEnd()).join("\n");
    const isBlank = text.trim() === "";
    this.#pre.classList.toggle("off", isBlank);
    this.#pre.textContent = isBlank ? BLANK : text;
  }

  /** There is no machine; `words` say where it went. */
  leave(words: string): void {
    this.#pre.classList.add("off");
    this.#pre.textContent = words === "" ? NOTHING : `${words}\n\n${NOTHING}`;
  }
}
