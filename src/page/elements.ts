import { assert } from "../errors.js";

/** The page's element of a name; without a kind any HTML element. */
export function element(id: string): HTMLElement;
export function element<E extends HTMLElement>(id: string, kind: new () => E): E;
export function element(id: string, kind: new () => HTMLElement = HTMLElement): HTMLElement {
  const found = document.getElementById(id);
  assert(found instanceof kind, `the page has no ${kind.name} named ${id}`);
  return found;
}

/** A button; `main` is what most people want next. */
export function button(
  words: string,
  press: () => void,
  look: "main" | "plain" = "plain",
): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  if (look === "main") made.className = "main";
  made.addEventListener("click", press);
  return made;
}

/** Puts markup of our own reports into an element; it is escaped where it was made. */
export function showMarkup(id: string, markup: string): void {
  element(id).innerHTML = markup;
}
