import Table from "cli-table3";
import type { TextTable } from "../report/text.js";

/** Columns that a narrow screen goes without, the least missed first: a comparison's, an observation's. */
const DISPENSABLE = [
  ...["pages sent", "faults", "verified", "sent"],
  ...["windows", "neighbours", "too large", "deviation"],
];

/** The table without as many of its dispensable columns as it takes to fit the screen. */
export function drawWithin(table: TextTable, left: readonly number[], width: number): string {
  const drawn = drawTable(table, left);
  const name = DISPENSABLE.find((dispensable) => table.head.includes(dispensable));
  const isWide = drawn.split("\n").some((line) => line.length > width);
  if (!isWide || name === undefined) return drawn;
  const without = table.head.indexOf(name);
  const keep = (_: string, column: number): boolean => column !== without;
  const head = table.head.filter(keep);
  return drawWithin({ head, rows: table.rows.map((row) => row.filter(keep)) }, left, width);
}

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
