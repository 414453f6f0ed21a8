import { expect, test } from "vitest";
import { fleetHtml } from "../../src/report/html.js";
import { sampleRun } from "../unit/report/sample-fleet.js";

/** The page in a frame, once its scripts have run, and what they complained of. */
async function opened(page: string): Promise<{ body: HTMLElement; faults: string[] }> {
  const frame = document.createElement("iframe");
  frame.style.cssText = "width:1100px;height:900px";
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  // The frame's first script notes the faults of those after it.
  frame.srcdoc = page.replace(
    "<main>",
    "<script>window.faults=[];onerror=(words)=>{faults.push(words)}</script><main>",
  );
  document.body.append(frame);
  await loaded;
  const { faults } = frame.contentWindow as unknown as { faults: string[] };
  return { body: frame.contentDocument?.body as HTMLElement, faults };
}

function colours(canvas: HTMLCanvasElement): number {
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}

test.each([
  ["few", { hosts: 10, vms: 40, migrations: 24, intervals: 96 }],
  ["many", { hosts: 300, vms: 900, migrations: 8000, intervals: 96 }],
  ["no", { hosts: 3, vms: 9, migrations: 0, intervals: 4 }],
])("the map and the charts of %s migrations are drawn without a fault", async (_, size) => {
  const run = sampleRun(size);
  const { body, faults } = await opened(await fleetHtml(run, []));
  expect(faults).toEqual([]);
  const [map] = body.querySelectorAll("canvas");
  expect(colours(map as HTMLCanvasElement)).toBeGreaterThan(20);
  expect(body.querySelectorAll(".fleet-chart canvas")).toHaveLength(5);
  const kinds = new Set(run.result.migrations.map((one) => `${one.strategy} ${one.outcome}`));
  expect(body.querySelectorAll(".legend button").length).toBeLessThanOrEqual(kinds.size);
  expect(body.querySelectorAll(".legend button").length > 0).toBe(size.migrations > 0);
});

test("the pointer tells of a migration, and what is dragged over is looked at closer", async () => {
  const run = sampleRun();
  const { body, faults } = await opened(await fleetHtml(run, []));
  const stage = body.querySelector(".stage") as HTMLElement;
  const box = stage.getBoundingClientRect();
  stage.setPointerCapture = () => {};
  const [first] = [...run.result.migrations].sort((a, b) => a.startNs - b.startNs);
  const left = box.left + 84 + ((first?.startNs ?? 0) / run.result.endNs) * (box.width - 118);
  const row = (box.height - 32) / run.fleet.hosts.length;
  const top = box.top + 6 + row * ((first?.from ?? 0) + 0.5);
  const point = (kind: string, clientX: number, clientY: number) =>
    stage.dispatchEvent(new PointerEvent(kind, { clientX, clientY, button: 0, pointerId: 1 }));
  point("pointermove", left, top);
  expect(body.querySelector(".tip b")?.textContent).toBe(run.fleet.vms.name(first?.vm ?? 0));
  point("pointerdown", left, top);
  point("pointermove", left + 200, top + 60);
  point("pointerup", left + 200, top + 60);
  expect(body.querySelector(".hint")?.textContent).toContain("Double-click");
  stage.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
  expect(body.querySelector(".hint")?.textContent).not.toContain("Double-click");
  expect(faults).toEqual([]);
});
