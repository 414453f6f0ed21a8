import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import asc from "assemblyscript/asc";
import { createBLAKE3, createSHA256 } from "hash-wasm";

/**
 * A module and what to do with it.
 *
 * @typedef {object} Work
 * @property {string} name
 * @property {Uint8Array} module
 * @property {Record<string, Record<string, Function>>} imports
 * @property {(guest: Guest) => () => void} prepare - Answers what is timed.
 *
 * @typedef {object} Guest
 * @property {Record<string, Function>} exports
 * @property {() => Uint8Array} bytes - Its memory.
 */

/** @returns {Promise<Work[]>} */
export async function layWorks({ small }) {
  const bytes = small ? 2 ** 12 : 2 ** 18;
  return [
    ...lz4Works(bytes),
    await hashWork("SHA-256 of hash-wasm", createSHA256, bytes),
    await hashWork("BLAKE3 of hash-wasm", createBLAKE3, bytes),
    ...(await scriptWorks()),
  ];
}

/** Text that compresses as logs do. */
function textOf(bytes) {
  const line = (at) => `${at} GET /page/${(at * 7919) % 1000} 200 ${(at * at) % 4096}\n`;
  let text = "";
  for (let at = 0; text.length < bytes; at++) text += line(at);
  return new TextEncoder().encode(text).subarray(0, bytes);
}

/** LZ4 compiled from Rust. */
function lz4Works(length) {
  const file = createRequire(import.meta.url).resolve("lz4-wasm-nodejs/lz4_wasm_nodejs_bg.wasm");
  const module = readFileSync(file);
  const imports = { __wbindgen_placeholder__: { __wbindgen_string_new: () => 0 } };
  const call = ({ exports, bytes }, name, input) => {
    const result = exports.__wbindgen_add_to_stack_pointer(-16);
    const pointer = exports.__wbindgen_malloc(input.length);
    bytes().set(input, pointer);
    exports[name](result, pointer, input.length);
    const memory = bytes();
    const [start, count] = new Uint32Array(memory.buffer, memory.byteOffset + result, 2);
    const output = memory.slice(start, start + count);
    exports.__wbindgen_free(start, count);
    exports.__wbindgen_add_to_stack_pointer(16);
    return output;
  };
  const text = textOf(length);
  return [
    {
      name: "LZ4 compression of lz4-wasm",
      module,
      imports,
      prepare: (guest) => () => call(guest, "compress", text),
    },
    {
      name: "LZ4 decompression of lz4-wasm",
      module,
      imports,
      prepare: (guest) => {
        const packed = call(guest, "compress", text);
        return () => call(guest, "decompress", packed);
      },
    },
  ];
}

/** A hash of hash-wasm, whose module is caught on its way to the compiler. */
async function hashWork(name, create, length) {
  const compile = WebAssembly.compile;
  let module;
  WebAssembly.compile = (bytes) => {
    module = new Uint8Array(bytes).slice();
    return compile(bytes);
  };
  try {
    await create();
  } finally {
    WebAssembly.compile = compile;
  }
  const text = textOf(length);
  const prepare = ({ exports, bytes }) => {
    const buffer = exports.Hash_GetBuffer();
    return () => {
      exports.Hash_Init(256);
      for (let at = 0; at < text.length; at += 16_384) {
        const part = text.subarray(at, at + 16_384);
        bytes().set(part, buffer);
        exports.Hash_Update(part.length);
      }
      exports.Hash_Final();
    };
  };
  return { name, module, imports: {}, prepare };
}

/** What bench/assembly/compute.ts exports. */
async function scriptWorks() {
  const source = readFileSync(new URL("../assembly/compute.ts", import.meta.url), "utf8");
  const { error, binary, stderr } = await asc.compileString(
    { "compute.ts": source },
    { optimizeLevel: 3, runtime: "stub", noAssert: true },
  );
  if (error) throw new Error(String(stderr), { cause: error });
  const names = { matrix: "matrix product", planets: "planets", sort: "heap sort", life: "life" };
  const imports = { env: { abort: () => {} } };
  return Object.entries(names).map(([name, title]) => ({
    name: `${title}, AssemblyScript`,
    module: binary,
    imports,
    prepare:
      ({ exports }) =>
      () =>
        exports[name](),
  }));
}
