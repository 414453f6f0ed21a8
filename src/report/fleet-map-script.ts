import { LOAD_FAILED, LOAD_LEVELS, LOAD_OFF } from "./fleet-load.js";

/**
 * Draws the map of hosts' load over time with its migrations as arrows. Runs in the reader's browser; written
 * by hand as a browser script, since it is text here. Few arrows are drawn whole; of many, thin lines; of
 * thousands, only their ends, until the reader takes a closer look. What the pointer does is a script of its
 * own.
 */
export const MAP_SCRIPT: string = `
const fleetMap = (() => {
  const place = document.querySelector(".fleet-map");
  if (!place) return null;
  const data = JSON.parse(place.querySelector("script").textContent);
  const { moves, looks } = data;
  const count = moves.vm.length;
  const view = { from: 0, to: data.endMs, top: 0, bottom: data.hostCount };
  const hidden = new Set();
  const canvas = document.createElement("canvas");
  const overlay = document.createElement("canvas");
  const stage = document.createElement("div");
  stage.className = "stage";
  stage.append(canvas, overlay);
  const legend = document.createElement("div");
  legend.className = "legend";
  const hint = document.createElement("p");
  hint.className = "muted hint";
  place.append(stage, legend, hint);
  const isDark = matchMedia("(prefers-color-scheme: dark)");
  const top = 6, foot = 26;
  let width = 0, height = 0, plot = null, image = null;

  const palettes = {
    light: { ramp: ["#dfe8f5", "#b4cdee", "#7faae3", "#4a80d6", "#2757b8", "#173a86"], full: "#d6336c", off: "#f1f2f4", failed: "#4a4f59", halo: "#ffffff" },
    dark: { ramp: ["#1b2636", "#20385b", "#285189", "#3570bd", "#5b97e6", "#a5c8fb"], full: "#ff5c93", off: "#10141b", failed: "#6b7280", halo: "#0b0e13" },
  };
  const palette = () => (isDark.matches ? palettes.dark : palettes.light);
  const parse = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const shade = (load, { ramp, full }) => {
    if (load >= 0.99) return parse(full);
    const at = Math.min(0.9999, load) * (ramp.length - 1);
    const [low, high] = [parse(ramp[Math.floor(at)]), parse(ramp[Math.floor(at) + 1])];
    return low.map((part, index) => part + (high[index] - part) * (at % 1));
  };
  const loadAt = (row, column) => ${JSON.stringify(LOAD_LEVELS)}.indexOf(data.cells[row * data.columns + column]) / 50;
  const cellAt = (row, column) => data.cells[row * data.columns + column];

  /** The load as a picture of one pixel a cell, which is stretched over the plot. */
  const paintLoad = () => {
    const colours = palette();
    const known = new Map();
    const colourOf = (cell) => {
      if (cell === "${LOAD_OFF}") return parse(colours.off);
      if (cell === "${LOAD_FAILED}") return parse(colours.failed);
      const level = ${JSON.stringify(LOAD_LEVELS)}.indexOf(cell);
      return level < 0 ? parse(colours.ramp[0]) : shade(level / 50, colours);
    };
    image = document.createElement("canvas");
    image.width = Math.max(1, data.columns);
    image.height = Math.max(1, data.rows);
    const context = image.getContext("2d");
    const pixels = context.createImageData(image.width, image.height);
    for (let at = 0; at < data.cells.length; at++) {
      const cell = data.cells[at];
      if (!known.has(cell)) known.set(cell, colourOf(cell));
      const [red, green, blue] = known.get(cell);
      pixels.data.set([red, green, blue, 255], at * 4);
    }
    context.putImageData(pixels, 0, 0);
  };

  const x = (ms) => plot.left + ((ms - view.from) / (view.to - view.from)) * (plot.right - plot.left);
  const y = (host) => plot.top + ((host + 0.5 - view.top) / (view.bottom - view.top)) * (plot.bottom - plot.top);
  const msAt = (px) => view.from + ((px - plot.left) / (plot.right - plot.left)) * (view.to - view.from);
  const hostAt = (py) => Math.floor(view.top + ((py - plot.top) / (plot.bottom - plot.top)) * (view.bottom - view.top));
  const rowHeight = () => (plot.bottom - plot.top) / (view.bottom - view.top);
  const inPlot = (px, py) => px >= plot.left && px <= plot.right && py >= plot.top && py < plot.bottom;

  const visible = () => {
    const shown = [];
    for (let i = 0; i < count; i++) {
      if (hidden.has(moves.look[i])) continue;
      if (moves.startMs[i] > view.to || moves.startMs[i] + moves.lengthMs[i] < view.from) continue;
      // What only passes by is not of these hosts.
      const isIn = (host) => host >= view.top && host < view.bottom;
      if (isIn(moves.from[i]) || isIn(moves.to[i])) shown.push(i);
    }
    return shown;
  };
  const endsOf = (i) => [x(moves.startMs[i]), y(moves.from[i]), x(moves.startMs[i] + moves.lengthMs[i]), y(moves.to[i])];

  const arrow = (context, i, size, isBold) => {
    const [x1, y1, x2, y2] = endsOf(i);
    const length = Math.hypot(x2 - x1, y2 - y1) || 1;
    const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
    const head = Math.min(Math.max(5.5, size * 3.4), length * 0.6);
    const body = (extra) => {
      context.lineWidth = size + extra;
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(x2 - dx * head * 0.8, y2 - dy * head * 0.8);
      context.stroke();
      context.beginPath();
      context.moveTo(x2, y2);
      context.lineTo(x2 - dx * head - dy * head * 0.5, y2 - dy * head + dx * head * 0.5);
      context.lineTo(x2 - dx * head + dy * head * 0.5, y2 - dy * head - dx * head * 0.5);
      context.closePath();
      if (extra > 0) context.stroke();
      context.fill();
      context.beginPath();
      context.arc(x1, y1, size * 1.35 + extra / 2, 0, 7);
      context.fill();
    };
    context.strokeStyle = context.fillStyle = palette().halo;
    context.globalAlpha = 0.85;
    body(isBold ? 3.5 : size > 1.5 ? 2 : 1.2);
    context.globalAlpha = 1;
    context.strokeStyle = context.fillStyle = looks[moves.look[i]].colour;
    body(0);
  };

  const drawMoves = (context) => {
    const shown = visible();
    const rare = shown.filter((i) => moves.look[i] >= 5);
    const others = shown.filter((i) => moves.look[i] < 5);
    const wide = plot.right - plot.left;
    let how = "arrows";
    if (others.length <= wide / 2.2) {
      const size = others.length <= wide / 12 ? 1.8 : 1.2;
      others.forEach((i) => arrow(context, i, size, false));
    } else if (others.length <= wide * 2) {
      how = "lines";
      context.globalAlpha = 0.6;
      context.lineWidth = 1;
      looks.forEach(({ colour }, look) => {
        context.strokeStyle = colour;
        context.beginPath();
        for (const i of others) {
          if (moves.look[i] !== look) continue;
          const [x1, y1, x2, y2] = endsOf(i);
          context.moveTo(x1, y1);
          context.lineTo(x2, y2);
        }
        context.stroke();
      });
      context.globalAlpha = 1;
    } else {
      how = "ends";
      const size = Math.max(1.2, Math.min(2.2, (900 * wide) / (others.length * 30)));
      looks.forEach(({ colour }, look) => {
        context.fillStyle = colour;
        for (const i of others) {
          if (moves.look[i] !== look) continue;
          const [x1, y1, x2, y2] = endsOf(i);
          context.globalAlpha = 0.35;
          context.fillRect(x1 - size / 2, y1 - size / 2, size, size);
          context.globalAlpha = 0.9;
          context.fillRect(x2 - size / 2, y2 - size / 2, size, size);
        }
      });
      context.globalAlpha = 1;
    }
    if (rare.length <= 400) rare.forEach((i) => arrow(context, i, others.length > 300 ? 1.1 : 1.8, false));
    else rare.forEach((i) => {
      const [x1, y1, x2, y2] = endsOf(i);
      context.fillStyle = looks[moves.look[i]].colour;
      context.fillRect(x1 - 1, y1 - 1, 2, 2);
      context.fillRect(x2 - 1, y2 - 1, 2, 2);
    });
    return { shown: shown.length, how };
  };

  const drawAxes = (context) => {
    context.font = fleet.font;
    context.textBaseline = "middle";
    const tall = rowHeight();
    const each = Math.max(1, Math.ceil(15 / tall));
    context.textAlign = "right";
    context.fillStyle = fleet.colour("muted");
    const first = Math.ceil(Math.max(0, view.top) / each) * each;
    for (let host = first; host < Math.min(view.bottom, data.hostCount); host += each) {
      const name = data.hosts[host] ?? "#" + host;
      context.fillText(name.length > 11 ? name.slice(0, 10) + "…" : name, plot.left - 8, y(host));
    }
    data.sites.forEach(({ name, from }, index) => {
      const to = data.sites[index + 1]?.from ?? data.hostCount;
      const [above, below] = [Math.max(plot.top, y(from - 0.5)), Math.min(plot.bottom, y(to - 0.5))];
      if (below - above < 24) return;
      if (from > view.top) {
        context.fillStyle = fleet.colour("ink");
        context.globalAlpha = 0.55;
        context.fillRect(plot.left - 78, above - 0.5, plot.right - plot.left + 104, 1);
        context.globalAlpha = 1;
      }
      context.save();
      context.translate(plot.right + 15, (above + below) / 2);
      context.rotate(Math.PI / 2);
      context.textAlign = "center";
      context.fillStyle = fleet.colour("muted");
      context.fillText(name, 0, 0, below - above - 8);
      context.restore();
    });
    context.textAlign = "center";
    context.fillStyle = fleet.colour("muted");
    for (const { at, label } of fleet.ticks(view.from, view.to, (plot.right - plot.left) / 90)) {
      context.fillRect(x(at) - 0.5, plot.bottom, 1, 4);
      context.fillText(label, x(at), plot.bottom + 14);
    }
  };

  const drawLoad = (context) => {
    if (data.columns === 0) return;
    const tall = rowHeight();
    context.imageSmoothingEnabled = tall < data.hostsPerRow;
    context.imageSmoothingQuality = "high";
    const wide = x(data.columns * data.columnMs) - x(0);
    context.drawImage(image, x(0), y(-0.5), wide, (tall * data.rows) * data.hostsPerRow);
    // Lanes are told apart once there is room between them.
    if (tall < 9) return;
    const gap = tall > 18 ? 3 : 1;
    context.fillStyle = fleet.colour("card");
    for (let host = Math.floor(view.top); host <= view.bottom; host++) context.fillRect(plot.left, y(host - 0.5) - gap / 2, plot.right - plot.left, gap);
  };

  const drawAll = () => {
    const context = canvas.getContext("2d");
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.save();
    context.beginPath();
    context.rect(plot.left, plot.top, plot.right - plot.left, plot.bottom - plot.top);
    context.clip();
    drawLoad(context);
    const { shown, how } = drawMoves(context);
    context.restore();
    drawAxes(context);
    const many = (number) => number.toLocaleString("en").replaceAll(",", "\\u202f");
    const isWhole = view.from === 0 && view.to === data.endMs && view.bottom - view.top === data.hostCount;
    const words = {
      arrows: "Each arrow is a migration, from the host it leaves to the host it comes to.",
      lines: many(shown) + " migrations in view, each a line; drag over the map to see them closer.",
      ends: many(shown) + " migrations in view: marked where they leave (faint) and where they come to; drag over the map to see them closer.",
    };
    hint.textContent = (count < data.moveCount ? many(count) + " of " + many(data.moveCount) + " migrations are drawn: those that were not completed, and an even choice of the others. " : "")
      + (count === 0 ? "" : words[how]) + (isWhole ? "" : " Double-click for the whole.")
      + (data.hostsPerRow > 1 ? " A row of the map is " + data.hostsPerRow + " hosts, its colour the mean of those that are on." : "");
  };

  const layout = () => {
    width = stage.clientWidth;
    height = Math.round(Math.max(190, Math.min(720, data.hostCount * 30))) + top + foot;
    plot = { left: fleet.left, right: width - fleet.right, top, bottom: height - foot };
    for (const one of [canvas, overlay]) {
      one.width = width * devicePixelRatio;
      one.height = height * devicePixelRatio;
      one.style.width = width + "px";
      one.style.height = height + "px";
    }
    stage.style.height = height + "px";
    drawAll();
  };

  const explain = () => {
    const swatch = (background, words) => {
      const item = document.createElement("span");
      const mark = document.createElement("i");
      mark.style.background = background;
      item.append(mark, words);
      return item;
    };
    const colours = palette();
    const items = [];
    if (data.hasLoad) {
      const scale = document.createElement("span");
      const bar = document.createElement("i");
      bar.className = "ramp";
      bar.style.background = "linear-gradient(90deg," + colours.ramp.join(",") + ")";
      scale.append("load 0", bar, "100 %");
      items.push(scale);
      if (/[y-z0-9]/.test(data.cells)) items.push(swatch(colours.full, "no CPU left"));
    }
    if (data.cells.includes("${LOAD_OFF}")) items.push(swatch(colours.off, "off or asleep"));
    if (data.cells.includes("${LOAD_FAILED}")) items.push(swatch(colours.failed, "failed"));
    looks.forEach(({ label, colour, count: number }, look) => {
      if (number === 0) return;
      const item = document.createElement("button");
      item.type = "button";
      item.title = "Show or hide these migrations";
      const mark = document.createElement("i");
      mark.className = "stroke";
      mark.style.background = colour;
      item.append(mark, label + " ", Object.assign(document.createElement("b"), { textContent: number.toLocaleString("en").replaceAll(",", "\\u202f") }));
      item.setAttribute("aria-pressed", String(!hidden.has(look)));
      item.addEventListener("click", () => {
        if (!hidden.delete(look)) hidden.add(look);
        explain();
        drawAll();
      });
      items.push(item);
    });
    legend.replaceChildren(...items);
  };

  const begin = () => { paintLoad(); explain(); layout(); };
  addEventListener("resize", layout);
  isDark.addEventListener("change", begin);
  begin();
  return {
    data, view, hidden, stage, overlay, x, msAt, hostAt, inPlot, endsOf, arrow, loadAt, cellAt, drawAll,
    get plot() { return plot; }, get width() { return width; }, get height() { return height; },
  };
})();
`;
