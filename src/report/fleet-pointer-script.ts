import { LOAD_FAILED, LOAD_OFF } from "./fleet-load.js";

/**
 * What the pointer does on the map: it tells of the nearest migration, or of the host and instant beneath it,
 * and a rectangle that is drawn is looked at closer. Runs in the reader's browser after the map's script.
 */
export const POINTER_SCRIPT: string = `
(() => {
  if (!fleetMap) return;
  const { data, view, hidden, stage, overlay, x, msAt, hostAt, inPlot, endsOf, arrow, loadAt, cellAt, drawAll } = fleetMap;
  const { moves, looks } = data;
  const count = moves.vm.length;
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  stage.append(tip);

  const nearest = (px, py) => {
    let [best, least] = [-1, 9];
    for (let i = 0; i < count; i++) {
      if (hidden.has(moves.look[i])) continue;
      const [x1, y1, x2, y2] = endsOf(i);
      if (px < Math.min(x1, x2) - 9 || px > Math.max(x1, x2) + 9) continue;
      const squared = (x2 - x1) ** 2 + (y2 - y1) ** 2 || 1;
      const along = Math.max(0, Math.min(1, ((px - x1) * (x2 - x1) + (py - y1) * (y2 - y1)) / squared));
      const away = Math.hypot(px - x1 - along * (x2 - x1), py - y1 - along * (y2 - y1));
      // Of many that are as near, the one that ends here is meant.
      const end = 0.02 * Math.min(Math.hypot(px - x1, py - y1), Math.hypot(px - x2, py - y2));
      if (away + end < least) [best, least] = [i, away + end];
    }
    return best;
  };
  const nameOf = (host) => data.hosts[host] ?? "#" + host;
  const clockOf = (ms) => fleet.clock(ms, 1000, data.endMs < 600000);

  const tellMove = (i) => {
    const look = looks[moves.look[i]];
    const text = (number) => moves.texts[number] ?? "";
    const outcome = moves.look[i] < 5 ? "completed" : look.label;
    return [
      ["b", moves.vm[i]],
      ["p", nameOf(moves.from[i]) + " → " + nameOf(moves.to[i])],
      ["p", text(moves.strategy[i]) + ", " + outcome, look.colour],
      ["p", "at " + clockOf(moves.startMs[i]) + " for " + fleet.duration(moves.lengthMs[i])],
      ["p", fleet.bytes(moves.bytes[i]) + " sent, downtime " + fleet.duration(moves.downtimeMs[i])],
      ["small", text(moves.because[i])],
      ["small", text(moves.reason[i])],
    ];
  };
  const tellCell = (px, py) => {
    const host = hostAt(py);
    const column = Math.floor(msAt(px) / data.columnMs);
    const row = Math.floor(host / data.hostsPerRow);
    if (host < 0 || host >= data.hostCount || column < 0 || column >= data.columns) return null;
    const last = Math.min(data.hostCount, (row + 1) * data.hostsPerRow) - 1;
    const name = data.hostsPerRow > 1 ? nameOf(row * data.hostsPerRow) + " to " + nameOf(last) : nameOf(host);
    const cell = cellAt(row, column);
    const load = cell === "${LOAD_OFF}" ? "not on" : cell === "${LOAD_FAILED}" ? "failed" : loadAt(row, column) >= 0 ? "load " + Math.round(loadAt(row, column) * 100) + " %" : "";
    return [["b", name], ["p", clockOf(Math.max(0, msAt(px))) + (load ? ", " + load : "")]];
  };
  const tell = (parts, px, py) => {
    tip.hidden = parts === null;
    if (parts === null) return;
    tip.replaceChildren(...parts.filter(([, words]) => words).map(([tag, words, colour]) => {
      const part = document.createElement(tag);
      part.textContent = words;
      if (colour) part.style.color = colour;
      return part;
    }));
    const [wide, tall] = [tip.offsetWidth, tip.offsetHeight];
    tip.style.left = Math.max(0, px + 16 + wide > fleetMap.width ? px - wide - 14 : px + 16) + "px";
    tip.style.top = Math.max(0, Math.min(fleetMap.height - tall, py + 14)) + "px";
  };

  let dragFrom = null;
  const paintOverlay = (px, py, isOver) => {
    const context = overlay.getContext("2d");
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, fleetMap.width, fleetMap.height);
    context.save();
    context.beginPath();
    context.rect(fleetMap.plot.left, fleetMap.plot.top, fleetMap.plot.right - fleetMap.plot.left, fleetMap.plot.bottom - fleetMap.plot.top);
    context.clip();
    if (px !== null && dragFrom === null) {
      context.fillStyle = fleet.colour("ink");
      context.globalAlpha = 0.35;
      context.fillRect(px, fleetMap.plot.top, 1, fleetMap.plot.bottom - fleetMap.plot.top);
      context.globalAlpha = 1;
    }
    if (dragFrom !== null && px !== null) {
      context.fillStyle = context.strokeStyle = fleet.colour("accent");
      context.globalAlpha = 0.18;
      context.fillRect(dragFrom[0], dragFrom[1], px - dragFrom[0], py - dragFrom[1]);
      context.globalAlpha = 1;
      context.strokeRect(dragFrom[0], dragFrom[1], px - dragFrom[0], py - dragFrom[1]);
      tell(null);
    } else if (isOver) {
      const found = nearest(px, py);
      if (found >= 0) arrow(context, found, 2.6, true);
      tell(found >= 0 ? tellMove(found) : tellCell(px, py), px, py);
    }
    context.restore();
  };
  const here = (event) => {
    const box = overlay.getBoundingClientRect();
    const px = event.clientX - box.left, py = event.clientY - box.top;
    return dragFrom === null ? [px, py] : [Math.max(fleetMap.plot.left, Math.min(fleetMap.plot.right, px)), Math.max(fleetMap.plot.top, Math.min(fleetMap.plot.bottom, py))];
  };
  const rest = () => { paintOverlay(null, null, false); tell(null); fleet.point(null); };
  let isOurs = false;
  stage.addEventListener("pointermove", (event) => {
    const [px, py] = here(event);
    if (dragFrom === null && !inPlot(px, py)) return rest();
    paintOverlay(px, py, true);
    isOurs = true;
    fleet.point(msAt(px));
    isOurs = false;
  });
  stage.addEventListener("pointerleave", () => { if (dragFrom === null) rest(); });
  stage.addEventListener("pointerdown", (event) => {
    const at = here(event);
    if (event.button !== 0 || event.pointerType === "touch" || !inPlot(...at)) return;
    dragFrom = at;
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointerup", (event) => {
    if (dragFrom === null) return;
    const [px, py] = here(event);
    const [x0, y0] = dragFrom;
    const closer = { from: msAt(Math.min(x0, px)), to: msAt(Math.max(x0, px)), top: hostAt(Math.min(y0, py)), bottom: hostAt(Math.max(y0, py) - 0.01) + 1 };
    dragFrom = null;
    rest();
    if (Math.abs(px - x0) < 5 || closer.to - closer.from < 2) return;
    // A stroke along the axis means time alone.
    if (Math.abs(py - y0) < 8) Object.assign(closer, { top: view.top, bottom: view.bottom });
    closer.bottom = Math.min(data.hostCount, closer.bottom);
    Object.assign(view, closer);
    fleet.show(view.from, view.to);
  });
  stage.addEventListener("dblclick", () => {
    Object.assign(view, { top: 0, bottom: data.hostCount });
    fleet.show(0, data.endMs);
  });
  addEventListener("fleet-view", ({ detail }) => {
    if (detail.from === 0 && detail.to === data.endMs) Object.assign(view, { top: 0, bottom: data.hostCount });
    Object.assign(view, detail);
    drawAll();
  });
  addEventListener("fleet-instant", ({ detail }) => { if (!isOurs) paintOverlay(detail === null ? null : x(detail), null, false); });
})();
`;
