import Table from "cli-table3";
import type { TextTable } from "../report/text.js";

/** A table for the terminal: words to the left, numbers to the right, one rule under the head. */
export function drawTable(table: TextTable, left: readonly number[]): string {
  const columns = Math.max(table.head.length, ...table.rows.map((row) => row.length));
  const drawn = new Table({
    head: [...table.head],
    colAligns: Array.from({ length: columns }, (_, index) =>
      left.includes(index) ? "left" : "right",
    ),
    chars: PLAIN,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
  });
  drawn.push(...table.rows.map((row) => [...row]));
  // Trailing blanks would show when the output is copied.
  return `${drawn.toString().replace(/[^\S\n]+$/gm, "")}\n`;
}

const PLAIN = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};
