import { formatCount } from "../quantity-text.js";
import type { ReasonGroup } from "./grouped-reasons.js";
import { escapeMarkup } from "./markup.js";

/** Longest list; a page is for reading. */
const MOST = 30;

/** Reasons and how often they were given, as markup. */
export function reasonsHtml(reasons: readonly ReasonGroup[]): string {
  const item = (count: number, because: string): string =>
    `<li><b>${formatCount(count)} ×</b><span>${escapeMarkup(because)}</span></li>`;
  const left = reasons.slice(MOST).reduce((sum, { count }) => sum + count, 0);
  const items = reasons.slice(0, MOST).map(({ count, because }) => item(count, because));
  if (left > 0) items.push(item(left, "other reasons"));
  return `<ul class="reasons">${items.join("")}</ul>`;
}
