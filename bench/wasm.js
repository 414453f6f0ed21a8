import { bridgeOf, WasmInstance } from "../dist/machine/wasm/instance.js";
import { INITIAL_DATA, START_FUNCTION } from "../dist/machine/wasm/instrument.js";
import { makeProgram } from "../dist/machine/wasm/program.js";
import { effortOf } from "./effort.js";
import { interleave } from "./interleave.js";
import { resultOf } from "./result.js";
import { textTable, timeText } from "./text-table.js";
import { layWorks } from "./wasm/works.js";

/** What is compared: the module by itself, and the builds of a machine. */
const BUILDS = { "nothing moves": "plain", logging: "log", "pages absent": "demand" };

/**
 * What the barriers of WebAssembly machines cost: real modules and computations, by themselves, as machines
 * that nobody moves, while their writes are logged, and while they may wait for pages.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchWasm({ small, onProgress }) {
  const results = [];
  for (const work of await layWorks({ small })) {
    onProgress(work.name);
    const program = await makeProgram(work.module, undefined);
    const variants = [{ name: "by itself", run: work.prepare(await byItself(work)) }];
    for (const [name, build] of Object.entries(BUILDS)) {
      variants.push({ name, run: work.prepare(asMachine(work, program, build)) });
    }
    const samples = await interleave(variants, effortOf(small));
    const what = { group: "wasm", name: work.name, pattern: "barriers" };
    results.push(resultOf({ ...what, work: { count: 1, unit: "runs" } }, samples));
  }
  return { results, absent: {}, text: textOf(results) };
}

async function byItself({ module, imports }) {
  const { instance } = await WebAssembly.instantiate(module, imports);
  const memory = Object.values(instance.exports).find((one) => one instanceof WebAssembly.Memory);
  return { exports: instance.exports, bytes: () => new Uint8Array(memory.buffer) };
}

function asMachine({ imports }, program, build) {
  const memories = program.layouts.map(
    ({ wasmPages }) => new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages }),
  );
  const fault = bridgeOf(() => {
    throw new Error("no page is absent");
  }, false);
  const instance = new WasmInstance(program, build, memories, imports, fault);
  instance.function(INITIAL_DATA)();
  instance.function(START_FUNCTION)?.();
  const exports = new Proxy({}, { get: (_, name) => instance.function(name) });
  const bytes = new Uint8Array(memories[0].buffer, 0, program.layouts[0].map);
  return { exports, bytes: () => bytes };
}

/** @param {readonly import("./result.js").Result[]} results */
function textOf(results) {
  const rows = results.map(({ name, p10Ms, medianRatioTo, noise }) => [
    name,
    timeText(p10Ms),
    ...Object.keys(BUILDS).map(
      (build) => `${medianRatioTo[build].toFixed(2)} ±${Math.round(50 * noise[build])}%`,
    ),
  ]);
  const mean = Object.keys(BUILDS).map((build) => {
    const logs = results.map(({ medianRatioTo }) => Math.log(medianRatioTo[build]));
    return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length).toFixed(2);
  });
  const head = ["module", "by itself, p10", ...Object.keys(BUILDS)];
  return textTable(head, [...rows, ["geometric mean", "", ...mean]], [0]);
}
