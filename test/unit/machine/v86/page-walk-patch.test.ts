import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { patchPageWalk } from "../../../../src/machine/v86/page-walk-patch.js";
import { WasmModule } from "../../../../src/machine/v86/wasm-module.js";

const library = createRequire(import.meta.url).resolve("v86");
const read = (name: string): Uint8Array => readFileSync(library.replace(/libv86\.mjs$/, name));

describe.each(["v86.wasm", "v86-fallback.wasm"])("%s", (name) => {
  const original = read(name);

  test("is patched to a valid module that differs by one function and two globals", () => {
    const { wasm } = patchPageWalk(original);
    expect(WebAssembly.validate(wasm)).toBe(true);
    const [before, after] = [new WasmModule(original), new WasmModule(wasm)];
    expect(after.functionCount).toBe(before.functionCount + 1);
    expect(after.globalCount).toBe(before.globalCount + 2);
    expect(after.importedFunctions).toEqual(before.importedFunctions);
    const exports = (bytes: Uint8Array): string[] =>
      WebAssembly.Module.exports(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)).map(
        ({ name: one }) => one,
      );
    expect(exports(wasm)).toEqual([...exports(original), "godwit_mode", "godwit_map"]);
  });

  test("only one body changes, and its own is the last", () => {
    const { wasm } = patchPageWalk(original);
    const [before, after] = [new WasmModule(original), new WasmModule(wasm)];
    const changed: number[] = [];
    for (let index = before.importedFunctions.length; index < before.functionCount; index++) {
      const [a, b] = [before.bodyOf(index), after.bodyOf(index)];
      if (Buffer.compare(a as Uint8Array, b as Uint8Array) !== 0) changed.push(index);
    }
    expect(changed).toHaveLength(1);
    const [walk = -1] = changed;
    expect(after.bodyOf(before.functionCount)?.join()).toBe(before.bodyOf(walk)?.join());
    expect(after.typeOf(before.functionCount)).toEqual(before.typeOf(walk));
  });
});
