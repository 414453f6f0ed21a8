const GAP = "  ";

/**
 * A table for the terminal; numbers, which are all text here, to the right.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 * @param {readonly number[]} words - The columns that are words.
 */
export function textTable(head, rows, words) {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (row) =>
    widths
      .map((width, column) => {
        const text = row[column] ?? "";
        return words.includes(column) ? text.padEnd(width) : text.padStart(width);
      })
      .join(GAP)
      .trimEnd();
  const rule = "-".repeat(widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length));
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** @param {number} ms */
export function timeText(ms) {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms >= 1) return `${ms.toFixed(2)} ms`;
  return ms >= 0.001 ? `${(ms * 1000).toFixed(2)} us` : `${(ms * 1e6).toFixed(2)} ns`;
}

/** @param {number} perSecond @param {string} unit */
export function rateText(perSecond, unit) {
  const [scale, prefix] =
    perSecond >= 1e9 ? [1e9, "G"] : perSecond >= 1e6 ? [1e6, "M"] : [1e3, "k"];
  return `${(perSecond / scale).toPrecision(3)} ${prefix} ${unit}/s`;
}

/** @param {number} bytes */
export function memoryText(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** @param {number | undefined} ratio */
export function ratioText(ratio) {
  if (ratio === undefined) return "";
  return `x${ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(3)}`;
}
