/**
 * Instances of the kernel, each with a linear memory of fixed size. The one file that knows WebAssembly.
 *
 * A memory begins with 256 KiB that nobody allocates: the kernel's constants and the home of its first
 * instance, as assembly/memory.ts draws them.
 */

import { instantiateSync } from "@assemblyscript/loader";
import { SCALAR_KERNEL } from "#scalar-kernel";
import { assert, InvalidOptionError } from "../errors.js";
import { weighOnGarbage } from "./crew-worker.js";
import type { KernelExports, Pointer } from "./exports.js";
import { createReferenceExports } from "./reference/index.js";
import { SHARED_FLAG_OFFSET, SIMD_KERNEL } from "./simd-kernel.generated.js";

/**
 * Which implementation runs: the build for 128-bit SIMD, the build without, which browsers' bundles leave
 * out, or the plain-TypeScript twin for engines that run neither. All three give the same bits.
 */
export type Backend = "simd" | "scalar" | "reference";

/** A kernel bound to its own memory. Only the wrappers of this folder look inside. */
export interface Kernel {
  readonly backend: Backend;
  readonly exports: KernelExports;
  /** Shared where the kernel was created so. */
  readonly buffer: ArrayBufferLike;
  /** What further instances, each with a home of its own, are made of; null for the twin. */
  readonly parts: KernelParts | null;
  /** Where a call answers more than one number: 8 doubles. */
  readonly result: Area<Float64Array>;
  /** Where a call finds the state of its random generators: 16 u32. */
  readonly state: Area<Uint32Array>;
  /** Room for lists on their way in and out: {@link STAGING_U32} u32. */
  readonly staging: Area<Uint32Array>;
  /** Sets aside zeroed bytes, for good. Asks no more in total than the memory was created for. */
  allocate(bytes: number, align?: number): Pointer;
  /** Views of the memory; they stay valid, since it never grows. */
  u8(pointer: Pointer, length: number): Uint8Array;
  u32(pointer: Pointer, count: number): Uint32Array;
  f64(pointer: Pointer, count: number): Float64Array;
}

/** What an instance is made of; a worker can be sent both when the memory is shared. */
export interface KernelParts {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** How a kernel's memory is made. */
export interface KernelOptions {
  /** Whether threads can share it; only the SIMD build can. Default false. */
  readonly shared?: boolean;
}

/**
 * A place that every wrapper of one memory uses for the length of one call: what lies here is gone with
 * the next one.
 */
export interface Area<View> {
  readonly pointer: Pointer;
  readonly view: View;
}

const WASM_PAGE = 65_536;
/** The home of a memory's first instance, and where its owner's allocations begin. */
export const FIRST_HOME: Pointer = 4096;
const FIRST_FREE: Pointer = 4 * WASM_PAGE;
const MAX_BYTES = 2 ** 32 - FIRST_FREE;

// Offsets in a home.
const RESULT = 0;
const STATE = 64;
const STAGING = 35_840;
/** Bytes of an instance's home. */
export const HOME_BYTES = 258_048;

/** How many u32 the staging area of a kernel holds. */
export const STAGING_U32: number = (HOME_BYTES - STAGING) / 4;

const modules = new Map<Build, WebAssembly.Module>();
let preferred: Backend | undefined;

/**
 * A kernel with room for `bytes` of allocations; its memory never grows.
 *
 * @param bytes - 0 .. 2^32 - 2^18. Memory that is never touched costs address space only.
 * @param backend - Default: the fastest that the engine runs.
 * @throws InvalidOptionError when the engine cannot give that much, or no memory that threads can share, or
 *   cannot run that backend.
 */
export function createKernel(
  bytes: number,
  backend: Backend = fastestBackend(),
  { shared = false }: KernelOptions = {},
): Kernel {
  if (!(bytes >= 0 && bytes <= MAX_BYTES)) {
    throw new InvalidOptionError(
      "kernel memory",
      bytes,
      `0 to ${MAX_BYTES} bytes (4 GiB less 256 KiB)`,
    );
  }
  if (shared) {
    checkSharing(backend);
    weighOnGarbage();
  }
  const pages = Math.ceil((FIRST_FREE + bytes) / WASM_PAGE);
  if (backend === "reference") {
    const buffer = reserve(bytes, () => new ArrayBuffer(pages * WASM_PAGE));
    return bindKernel(backend, createReferenceExports(buffer), buffer, null);
  }
  const module = compiled(shared ? "shared" : backend);
  const limits = { initial: pages, maximum: pages, shared };
  const memory = reserve(bytes, () => new WebAssembly.Memory(limits));
  // The loader wraps every export, which costs more than a call itself: the instance's own are used.
  const { instance } = instantiateSync(module, {
    env: { memory },
    memory: { home: FIRST_HOME },
  });
  const exports = instance.exports as unknown as KernelExports;
  return bindKernel(backend, exports, memory.buffer, { module, memory });
}

/** Why no kernel here can have a memory that threads share; null where it can. */
export function sharingObstacle(): string | null {
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) {
    return "shared memory needs a cross-origin isolated page (headers COOP and COEP)";
  }
  if (fastestBackend() !== "simd") return "this engine has no WebAssembly SIMD";
  if (!runnable("shared")) return "this engine has no WebAssembly threads";
  return null;
}

/** What {@link createKernel} uses by default. */
export function fastestBackend(): Backend {
  preferred ??= runnable("simd") ? "simd" : runnable("scalar") ? "scalar" : "reference";
  return preferred;
}

function bindKernel(
  backend: Backend,
  exports: KernelExports,
  buffer: ArrayBufferLike,
  parts: KernelParts | null,
): Kernel {
  const home = FIRST_HOME;
  let free = FIRST_FREE;
  return {
    backend,
    exports,
    buffer,
    parts,
    result: area(home + RESULT, (at) => new Float64Array(buffer, at, 8)),
    state: area(home + STATE, (at) => new Uint32Array(buffer, at, 16)),
    staging: area(home + STAGING, (at) => new Uint32Array(buffer, at, STAGING_U32)),
    allocate(bytes, align = 16) {
      const pointer = Math.ceil(free / align) * align;
      assert(
        pointer + bytes <= buffer.byteLength,
        `a kernel memory of ${buffer.byteLength} bytes has ${buffer.byteLength - free} left, ${bytes} were asked`,
      );
      free = pointer + bytes;
      return pointer;
    },
    u8: (pointer, length) => new Uint8Array(buffer, pointer, length),
    u32: (pointer, count) => new Uint32Array(buffer, pointer, count),
    f64: (pointer, count) => new Float64Array(buffer, pointer, count),
  };
}

function area<View>(pointer: Pointer, view: (pointer: Pointer) => View): Area<View> {
  return { pointer, view: view(pointer) };
}

/** The shared build is the SIMD build but for one flag. */
type Build = "simd" | "scalar" | "shared";

function compiled(build: Build): WebAssembly.Module {
  const cached = modules.get(build);
  if (cached !== undefined) return cached;
  const bytes = runnable(build);
  if (bytes === null) throw new InvalidOptionError("backend", build, "one that can run here");
  const module = new WebAssembly.Module(bytes);
  modules.set(build, module);
  return module;
}

/** A build's bytes; null where it is left out or this engine cannot run it. */
function runnable(build: Build): Uint8Array<ArrayBuffer> | null {
  const text = build === "scalar" ? SCALAR_KERNEL : SIMD_KERNEL;
  if (text === null || typeof WebAssembly === "undefined") return null;
  const bytes = decodeHex(text);
  if (build === "shared") bytes[SHARED_FLAG_OFFSET] = SHARED_FLAG;
  return WebAssembly.validate(bytes) ? bytes : null;
}

/** Limits of an imported memory: it has a maximum (1), and it is shared (2). */
const SHARED_FLAG = 3;

function checkSharing(backend: Backend): void {
  if (backend !== "simd") {
    throw new InvalidOptionError("shared", true, `the SIMD backend, not ${backend}`);
  }
  const obstacle = sharingObstacle();
  if (obstacle !== null) throw new InvalidOptionError("shared", true, `false: ${obstacle}`);
}

/** Engines say no with a bare RangeError. */
function reserve<T>(bytes: number, create: () => T): T {
  try {
    return create();
  } catch (cause) {
    throw new InvalidOptionError(
      "kernel memory",
      bytes,
      "as many bytes as this process can reserve",
      {
        cause,
      },
    );
  }
}

function decodeHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}
