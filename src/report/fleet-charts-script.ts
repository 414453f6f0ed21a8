/**
 * Draws the charts over time below the map, on the map's axis of time. Runs in the reader's browser; written
 * by hand as a browser script, since it is text here.
 */
export const CHARTS_SCRIPT = `
(() => {
  const place = document.querySelector(".fleet-charts");
  if (!place) return;
  const page = JSON.parse(place.querySelector("script").textContent);
  const view = { from: 0, to: page.endMs };
  // Steps hold until the next begins, and the last until the end.
  const times = [...page.startsMs, page.endMs];
  const stretch = (values) => [...values, values[values.length - 1]];
  const tint = (colour, alpha) => colour + Math.round(alpha * 255).toString(16).padStart(2, "0");
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const withUnit = (value, unit) => fleet.amount(value, unit) + (unit === "hosts" || unit === "cores" ? " " + unit : "");
  let pointing = false;

  const draw = (chart, index) => {
    const box = document.createElement("div");
    box.className = "fleet-chart";
    const head = document.createElement("p");
    const title = document.createElement("b");
    title.textContent = chart.title;
    const reading = document.createElement("span");
    head.append(title, reading);
    box.append(head);
    place.append(box);
    const read = (at) => {
      reading.replaceChildren(...chart.lines.map((line) => {
        const part = document.createElement("span");
        part.className = "reading";
        const dot = document.createElement("i");
        dot.style.background = line.colour;
        const value = at === null ? mean(line.values) : line.values[Math.min(at, line.values.length - 1)];
        part.append(dot, (line.label ? line.label + " " : "") + withUnit(value, chart.unit) + (at === null ? " in the mean" : ""));
        return part;
      }));
    };
    read(null);
    const axis = { stroke: fleet.colour("muted"), font: fleet.font, ticks: { show: false } };
    const isLast = index === page.charts.length - 1;
    const options = {
      width: place.clientWidth, height: isLast ? 116 : 92, padding: [6, fleet.right, isLast ? 0 : 6, 0],
      legend: { show: false },
      cursor: {
        y: false, points: { show: false }, sync: { key: "fleet", setSeries: false },
        drag: { x: true, y: false, setScale: false }, bind: { dblclick: () => () => null },
      },
      scales: {
        x: { time: false, range: () => [view.from, view.to] },
        y: { range: (_, min, max) => [0, max > 0 ? max * 1.12 : 1] },
      },
      series: [{}, ...chart.lines.map((line) => ({
        stroke: line.colour, width: 1.5, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }),
        ...(line.isFilled ? { fill: tint(line.colour, 0.22) } : {}),
      }))],
      axes: [
        {
          ...axis, show: isLast, size: 26, grid: { show: false },
          splits: () => fleet.ticks(view.from, view.to, place.clientWidth / 90).map((tick) => tick.at),
          values: () => fleet.ticks(view.from, view.to, place.clientWidth / 90).map((tick) => tick.label),
        },
        {
          ...axis, size: fleet.left, gap: 6, grid: { stroke: fleet.colour("line"), width: 1 },
          splits: (_, index, min, max) => {
            const power = 10 ** Math.floor(Math.log10(max / 3));
            const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => max / step <= 3);
            return Array.from({ length: Math.floor(max / step) + 1 }, (_, index) => index * step);
          },
          values: (_, splits) => splits.map((value) => fleet.amount(value, chart.unit)),
        },
      ],
      hooks: {
        setCursor: [(plot) => {
          read(plot.cursor.idx ?? null);
          if (pointing || plot.cursor.left < 0) return;
          pointing = true;
          fleet.point(plot.posToVal(plot.cursor.left, "x"));
          pointing = false;
        }],
        setSelect: [(plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          const [from, to] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          fleet.show(from, to);
        }],
      },
    };
    const lines = chart.lines.map((line) => stretch(line.values));
    const plot = new uPlot(options, [times, ...lines], box);
    box.addEventListener("dblclick", () => fleet.show(0, page.endMs));
    box.addEventListener("mouseleave", () => fleet.point(null));
    return { plot, height: options.height, lines };
  };

  let charts = page.charts.map(draw);
  addEventListener("fleet-view", ({ detail }) => {
    Object.assign(view, detail);
    charts.forEach(({ plot, lines }) => plot.setData([times, ...lines]));
  });
  addEventListener("fleet-instant", ({ detail }) => {
    if (pointing || charts.length === 0) return;
    pointing = true;
    for (const { plot } of charts) plot.setCursor(detail === null ? { left: -10, top: -10 } : { left: plot.valToPos(detail, "x"), top: 10 });
    pointing = false;
  });
  addEventListener("resize", () => charts.forEach(({ plot, height }) => plot.setSize({ width: place.clientWidth, height })));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    charts.forEach(({ plot }) => plot.destroy());
    place.querySelectorAll(".fleet-chart").forEach((box) => box.remove());
    charts = page.charts.map(draw);
  });
})();
`;
