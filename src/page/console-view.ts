import { element } from "./elements.js";
import { keyText, Terminal } from "./terminal.js";

/** A scroll position this near to the end follows what is new. */
const NEAR_PIXELS = 24;

/** The serial console: what the machine says, and keys for it. */
export class ConsoleView {
  readonly #pre = element("console");
  #terminal = new Terminal();

  /** @param type - Sends text to the machine. */
  constructor(type: (text: string) => void) {
    this.#pre.addEventListener("keydown", (event) => {
      const text = keyText(event);
      // Who has only a keyboard must get away from here: Tab with Shift leaves.
      if (text === null || (event.key === "Tab" && event.shiftKey)) return;
      // Ctrl-C copies what is selected, as in other terminals.
      if (event.ctrlKey && event.key === "c" && getSelection()?.isCollapsed === false) return;
      event.preventDefault();
      type(text);
    });
    this.#pre.addEventListener("paste", (event) => {
      event.preventDefault();
      type((event.clipboardData?.getData("text") ?? "").replace(/\r?\n/g, "\r"));
    });
  }

  /** What has been said so far. */
  get text(): string {
    return this.#terminal.text;
  }

  write(text: string): void {
    this.#terminal.write(text);
    const { scrollTop, clientHeight, scrollHeight } = this.#pre;
    const isAtEnd = scrollTop + clientHeight >= scrollHeight - NEAR_PIXELS;
    this.#pre.textContent = this.#terminal.text;
    if (isAtEnd) this.#pre.scrollTop = this.#pre.scrollHeight;
  }

  /** What the machine had said before it came here. */
  prepend(text: string): void {
    const own = this.#terminal.text;
    this.#terminal = new Terminal();
    this.write(`${text}${own}`);
  }

  /** Another machine's console begins. */
  begin(): void {
    this.#terminal = new Terminal();
    this.#pre.textContent = "";
  }
}
