import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { WireFormatError } from "../../../../src/errors.js";
import { patchPageWalk } from "../../../../src/machine/v86/page-walk-patch.js";
import { WasmModule } from "../../../../src/machine/v86/wasm-module.js";

const library = createRequire(import.meta.url).resolve("v86");
const read = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(library.replace(/libv86\.mjs$/, name)));

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

describe("what is not v86", () => {
  const original = read("v86.wasm");

  test.each([
    ["nothing", new Uint8Array(0)],
    ["no module", Uint8Array.from({ length: 100 }, (_, at) => at)],
    ["a module of another version", Uint8Array.from([0, 97, 115, 109, 2, 0, 0, 0])],
    ["an empty module", Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0])],
    ["a section that goes on", Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 255, 255, 3])],
    [
      "a list without end",
      Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 255, 255, 255, 255, 15]),
    ],
  ])("is refused: %s", (_, bytes) => {
    expect(() => patchPageWalk(bytes)).toThrow(WireFormatError);
  });

  test("is refused when it ends early, wherever that is", () => {
    for (let share = 1; share < 40; share++) {
      const part = original.subarray(0, Math.floor((original.length * share) / 40));
      expect(() => patchPageWalk(part)).toThrow(WireFormatError);
    }
  });

  test("is refused, or patched, when it is damaged; nothing else is thrown", () => {
    // Where the lists are that the patch reads: the first kilobytes, and around them.
    for (let at = 8; at < 8192; at += 61) {
      const damaged = original.slice();
      damaged[at] = (damaged[at] as number) ^ 0xff;
      try {
        patchPageWalk(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(WireFormatError);
      }
    }
  });

  test("is refused when the door to the page walk is missing or leads elsewhere", () => {
    const text = Buffer.from(original);
    const renamed = Buffer.from(original);
    renamed.write(
      "translate_address_system_read_jx",
      text.indexOf("translate_address_system_read_js"),
    );
    expect(() => patchPageWalk(renamed)).toThrow(/translate_address_system_read_js/);
    const unhosted = Buffer.from(original);
    unhosted.write("io_port_read33", text.indexOf("io_port_read32"));
    expect(() => patchPageWalk(unhosted)).toThrow(/io_port_read32/);
  });
});
