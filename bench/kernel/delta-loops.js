import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);
const HOME = 4096;
/** Behind the constants of the kernel's own builds. */
const CONSTANTS = 3072;
const OPTIONS =
  "--transform ./scripts/inline-tag.mjs -O3 --noAssert --runtime stub --importMemory --noExportMemory --initialMemory 4 --maximumMemory 65536";

/**
 * The delta functions of each compiled build in loops of their own, over a memory.
 *
 * @param {WebAssembly.Memory} memory
 */
export function createDeltaLoops(memory) {
  const loops = (name, ...feature) => {
    const file = fileURLToPath(new URL(`build/delta-loops.${name}.wasm`, ROOT));
    const args = [...OPTIONS.split(" "), "--memoryBase", String(CONSTANTS), ...feature];
    const asc = ["node_modules/assemblyscript/bin/asc.js", "bench/assembly/delta-loops.ts"];
    const options = { cwd: ROOT, encoding: "utf8" };
    const { status, stderr } = spawnSync(process.execPath, [...asc, ...args, "-o", file], options);
    if (status !== 0) throw new Error(`asc failed:\n${stderr}`);
    const module = new WebAssembly.Module(readFileSync(file));
    return new WebAssembly.Instance(module, { env: { memory }, memory: { home: HOME } }).exports;
  };
  return {
    simd: loops("simd", "--enable", "simd"),
    scalar: loops("scalar", "--disable", "simd"),
  };
}
