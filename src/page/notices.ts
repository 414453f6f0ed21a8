import { button, element } from "./elements.js";

/** Shows a sentence on top of the page until it is put away. The same sentence is shown once. */
export function notice(words: string, look: "bad" | "plain" = "bad"): void {
  const notices = element("notices");
  for (const shown of notices.children) if (shown.firstChild?.textContent === words) return;
  const made = document.createElement("div");
  made.className = look === "bad" ? "notice" : "notice plain";
  const text = document.createElement("span");
  text.textContent = words;
  const close = button("×", () => made.remove());
  close.setAttribute("aria-label", "Put this notice away");
  made.append(text, close);
  notices.append(made);
}

/** Puts all notices away. */
export function clearNotices(): void {
  element("notices").replaceChildren();
}
