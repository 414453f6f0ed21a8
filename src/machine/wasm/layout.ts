import { InvalidOptionError } from "../../errors.js";
import { type Bytes, PAGE_SIZE, type PageIndex } from "../../units.js";
import type { Limits, WasmModule } from "./module.js";

/** WebAssembly's own pages, in which memories are sized. */
export const WASM_PAGE: Bytes = 65_536;
/** Most that a memory can be, in pages of WebAssembly: 4 GiB less what lies behind it. */
const MAX_WASM_PAGES = 65_510;
/** Bytes of a register's place: as many as the widest value has. */
export const REGISTER_BYTES: Bytes = 16;

/**
 * Where things lie in one of the module's memories. All of it is there from the start, so that views stay
 * valid while the module grows into it; pages that were never touched cost nothing.
 *
 * ```
 *  0 ......... size ......... limit ......... registers ........ end
 *  the module's | zeros        | a byte a page | globals' values
 * ```
 * What is behind the limit is hidden: the module is told `size`, and that memory ends at the limit.
 */
export interface MemoryLayout {
  /** Initial size and limit, in pages of WebAssembly. */
  readonly min: number;
  readonly limit: number;
  /** Number of the first page in the machine's memory, in which memories follow one another. */
  readonly firstPage: PageIndex;
  /** Where the map of pages begins, which is where the module's memory ends. */
  readonly map: Bytes;
  /** Where the values of globals are put for the machine to read. */
  readonly registers: Bytes;
  /** All of it, in pages of WebAssembly. */
  readonly wasmPages: number;
}

/**
 * Lays out the memories of a module.
 *
 * @param limits - Bytes that each memory may grow to, whole pages of WebAssembly; rounded down to what the module declares.
 * @param registers - How many globals have a place behind the first memory.
 */
export function layMemoriesOut(
  { memories }: WasmModule,
  limits: readonly Bytes[],
  registers: number,
): MemoryLayout[] {
  let firstPage = 0;
  return memories.map((memory, index) => {
    const limit = limitOf(memory, limits[index] ?? 0, index);
    const map = limit * WASM_PAGE;
    const mapBytes = map / PAGE_SIZE;
    const bytes = mapBytes + (index === 0 ? registers * REGISTER_BYTES : 0);
    const layout = {
      min: memory.min,
      limit,
      firstPage,
      map,
      registers: map + mapBytes,
      wasmPages: limit + Math.ceil(bytes / WASM_PAGE),
    };
    firstPage += map / PAGE_SIZE;
    return layout;
  });
}

/** In pages of WebAssembly. */
function limitOf({ min, max }: Limits, bytes: Bytes, index: number): number {
  const option = index === 0 ? "memoryLimitBytes" : `memoryLimitBytes of memory ${index}`;
  // A memory that is never used still has a page, since no machine is without.
  const least = Math.max(1, min);
  const wanted = Math.min(bytes / WASM_PAGE, Math.max(1, max ?? Number.POSITIVE_INFINITY));
  const limit = Math.floor(wanted);
  if (!(limit >= least && limit <= MAX_WASM_PAGES)) {
    const [low, high] = [least * WASM_PAGE, MAX_WASM_PAGES * WASM_PAGE];
    throw new InvalidOptionError(option, bytes, `${low} to ${high} bytes, for this module`);
  }
  return limit;
}
