import { HTML_STYLE } from "./html-style.js";
import { escapeMarkup } from "./markup.js";
import type { TextTable } from "./text.js";

/** Words at the head of a page. */
export interface PageWords {
  readonly title: string;
  readonly subtitle: string;
}

/** A number in the strip at the head of a page. */
export type HeadNumber = readonly [value: string, label: string, look?: string];

/** The policy keeps the promise: scripts and styles in the page itself, and no address that could be reached. */
const CONTENT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/**
 * A page that needs nothing from outside.
 *
 * @param body - Markup.
 * @param note - A sentence at the foot.
 * @param scripts - Markup of scripts, if any.
 */
export function framedPage(words: PageWords, body: string, note: string, scripts = ""): string {
  const title = escapeMarkup(words.title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${HTML_STYLE}</style>
</head>
<body>
<main>
<header><span class="mark">godwit</span><h1>${title}</h1><p class="muted">${escapeMarkup(words.subtitle)}</p></header>
${body}
<footer>Made by godwit. ${escapeMarkup(note)}</footer>
</main>
${scripts}
</body>
</html>
`;
}

/** The strip of numbers at the head of a page. */
export function numbersHtml(numbers: readonly HeadNumber[]): string {
  const cells = numbers.map(
    ([value, label, look = ""]) =>
      `<div><b class="${look}">${escapeMarkup(value)}</b><span>${escapeMarkup(label)}</span></div>`,
  );
  return `<div class="numbers">${cells.join("")}</div>`;
}

/** A part of a page with a heading; `body` is markup. */
export function card(title: string, body: string, kind = ""): string {
  return `<div class="card ${kind}"><h3>${escapeMarkup(title)}</h3>${body}</div>`;
}

/** A table's texts as markup. */
export function escaped(table: TextTable): TextTable {
  return {
    head: table.head.map(escapeMarkup),
    rows: table.rows.map((row) => row.map(escapeMarkup)),
  };
}

/** A table of cells that are markup already; columns named in `left` hold words, the others numbers. */
export function tableHtml(table: TextTable, left: readonly number[]): string {
  const cell = (tag: "th" | "td", text: string, index: number) =>
    `<${tag}${left.includes(index) ? ' class="left"' : ""}>${text}</${tag}>`;
  const row = (tag: "th" | "td", cells: readonly string[]) =>
    `<tr>${cells.map((text, index) => cell(tag, text, index)).join("")}</tr>`;
  const head = table.head.length > 0 ? `<thead>${row("th", table.head)}</thead>` : "";
  return `<table class="rows">${head}<tbody>${table.rows.map((cells) => row("td", cells)).join("")}</tbody></table>`;
}
