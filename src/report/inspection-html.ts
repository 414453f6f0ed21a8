import type { StreamInspection } from "../qemu/inspection.js";
import { formatBytes, formatCount, formatShare } from "../quantity-text.js";
import { card, escaped, framedPage, numbersHtml, tableHtml } from "./html-frame.js";
import {
  blockTable,
  COUNTER_NOTE,
  deltaTable,
  deviceTable,
  hasOtherCounters,
  inspectionLine,
  kindTable,
  registerTable,
  repeatTable,
  roundsTable,
  totalPages,
} from "./inspection-text.js";
import { escapeMarkup } from "./markup.js";
import { sentMapSvg } from "./sent-map-svg.js";
import type { TextTable } from "./text.js";

/** What is in a stream as one self-contained page. */
export function inspectionPage(inspection: StreamInspection, title: string): string {
  const { map, pages, repeats } = inspection;
  const subtitle = inspectionLine(inspection);
  const picture = sentMapSvg(map, { title: "Pages as they were sent", subtitle });
  const all = Math.max(1, totalPages(pages));
  const body = [
    numbersHtml([
      [formatBytes(inspection.bytes), "in all channels"],
      [formatCount(totalPages(pages)), "pages sent"],
      [formatShare(inspection.zeroShare), "of them zero"],
      [formatShare(repeats.sentAgain / all), "of them sent again"],
      inspection.isPostCopy
        ? ["post-copy", "the guest ran first"]
        : [formatCount(inspection.rounds), "rounds"],
      [formatCount(inspection.devices.length), "devices"],
    ]),
    `<div class="card picture">${picture}</div>`,
    `<div class="pair">${tableCard("Pages by kind", kindTable(inspection), [0])}${tableCard("Repeats", repeatTable(inspection), [0])}</div>`,
    hasOtherCounters(inspection) ? `<p class="muted">${escapeMarkup(COUNTER_NOTE)}</p>` : "",
    tableCard("Rounds", roundsTable(inspection), [0, 1]),
    tableCard("What XBZRLE would have saved", deltaTable(inspection), [0]),
    tableCard("Memory", blockTable(inspection), [0]),
    tableCard("Devices", deviceTable(inspection), [0, 4]),
    tableCard("Registers", registerTable(inspection), [0, 1, 2, 3, 4]),
  ].join("\n");
  return framedPage({ title, subtitle }, body, "Read from a migration stream of QEMU.");
}

function tableCard(title: string, table: TextTable, left: readonly number[]): string {
  return table.rows.length > 0 ? card(title, tableHtml(escaped(table), left)) : "";
}
