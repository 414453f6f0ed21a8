import { CHARTS_SCRIPT } from "./fleet-charts-script.js";
import { MAP_SCRIPT } from "./fleet-map-script.js";
import { POINTER_SCRIPT } from "./fleet-pointer-script.js";
import { UPLOT_SCRIPT } from "./uplot.generated.js";

/**
 * What the map and the charts of a page share, as a browser script: the margins of their common axis of
 * time, words for amounts, colours of the reader's scheme, and the stretch of time in view, of which whoever
 * changes it tells the others by an event.
 */
const SHARED = `
const fleet = (() => {
  const scaled = (value, base, units) => {
    let step = 0;
    while (Math.abs(value) >= base && step < units.length - 1) { value /= base; step += 1; }
    return Number(value.toPrecision(4)) + " " + units[step];
  };
  const bytes = (value) => scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
  const amount = (value, unit) => {
    if (unit === "W") return scaled(value, 1000, ["W", "kW", "MW", "GW"]);
    if (unit === "bit/s") return scaled(value, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]);
    return value >= 1e5 ? scaled(value, 1000, ["", "k", "M", "G"]).replace(" ", "") : String(Number(value.toPrecision(4)));
  };
  const duration = (ms) => {
    if (ms < 1000) return Number(ms.toPrecision(4)) + " ms";
    if (ms < 600000) return Number((ms / 1000).toPrecision(4)) + " s";
    if (ms < 7200000) return Number((ms / 60000).toPrecision(4)) + " min";
    return Number((ms / 3600000).toPrecision(4)) + " h";
  };
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500]
    .concat([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].map((s) => s * 1000))
    .concat([1, 2, 3, 6, 12, 24, 48, 120, 240, 480, 1200, 2400].map((h) => h * 3600000));
  /** An instant as a clock shows it since the start; finer than a second where steps are. */
  const clock = (ms, step, isShort) => {
    const two = (number) => String(number).padStart(2, "0");
    const days = Math.floor(ms / 86400000);
    const hours = Math.floor(ms / 3600000) % 24;
    const minutes = Math.floor(ms / 60000) % 60;
    const seconds = (ms / 1000) % 60;
    const digits = step >= 1000 ? 0 : step >= 100 ? 1 : 3;
    if (isShort) return Number((ms / 1000).toFixed(3)) + " s";
    const day = days > 0 ? "d" + (days + 1) + " " : "";
    if (days > 0 && step >= 86400000) return "day " + (days + 1);
    const rest = step >= 60000 ? "" : ":" + (seconds < 10 ? "0" : "") + (Math.floor(seconds * 1000) / 1000).toFixed(digits);
    return day + hours + ":" + two(minutes) + rest;
  };
  const ticks = (from, to, most) => {
    const step = steps.find((one) => (to - from) / one <= most) ?? steps[steps.length - 1];
    const isShort = to < 600000;
    const all = [];
    for (let at = Math.ceil(from / step) * step; at <= to + 1e-6; at += step) all.push({ at, label: at === 86400000 && step < 86400000 && step >= 3600000 ? "24:00" : clock(at, step, isShort) });
    return all;
  };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const show = (from, to) => dispatchEvent(new CustomEvent("fleet-view", { detail: { from, to } }));
  const point = (ms) => dispatchEvent(new CustomEvent("fleet-instant", { detail: ms }));
  return { left: 84, right: 34, font: "12px system-ui, sans-serif", bytes, amount, duration, clock, ticks, colour, show, point };
})();
`;

/** The scripts of a fleet's page; they come once, at its end. */
export function fleetScripts(): string {
  return [UPLOT_SCRIPT, SHARED, MAP_SCRIPT, POINTER_SCRIPT, CHARTS_SCRIPT]
    .map((script) => `<script>${script}</script>`)
    .join("");
}
