import type { PageKind } from "../node.js";
import { formatCount } from "../quantity-text.js";

const WORDS: Readonly<Record<PageKind, string>> = {
  raw: "raw",
  zero: "zero",
  xbzrle: "as deltas",
  compressed: "compressed",
  multifd: "by multifd",
  "multifd-zero": "zero by multifd",
  mapped: "mapped",
};

/** Pages by the way they came, those of which there were any: `1 203 raw, 3 500 zero`. */
export function pagesText(pages: Readonly<Record<PageKind, number>>): string {
  const kinds = Object.keys(WORDS) as PageKind[];
  const parts = kinds
    .filter((kind) => pages[kind] > 0)
    .map((kind) => `${formatCount(pages[kind])} ${WORDS[kind]}`);
  return parts.length > 0 ? parts.join(", ") : "none";
}
