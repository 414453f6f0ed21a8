import { WireFormatError } from "../../errors.js";
import { ADDRESS } from "./layout.js";
import { type Code, code, readReferences } from "./wasm-code.js";
import { type FunctionType, I32, WasmModule } from "./wasm-module.js";

/** Bits of the global `godwit_mode`. */
export const MODE = {
  /** Pages that may be written are marked in the map. */
  log: 1,
  /** Before a translation the host is asked to make its pages present. */
  fault: 2,
} as const;

/** Names of the globals that the patch adds. */
export const MODE_GLOBAL = "godwit_mode";
export const MAP_GLOBAL = "godwit_map";

/** Bit that tells the host a page's number from a port's. */
export const FAULT_BIT = 0x8000_0000;

/** Pages in the 4 GiB of physical addresses, of which the map has a byte each. */
export const MAP_BYTES: number = 1 << 20;

/** Exports whose body leads to the page walk, and the import that a fault goes through. */
const DOOR = "translate_address_system_read_js";
const HOST_CALL = "io_port_read32";

/** What was found in the module. */
export interface PageWalkPatch {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** Address at which v86 keeps where the guest's memory begins. */
  readonly memoryPointer: number;
}

/**
 * Teaches v86 to log writes and to wait for pages.
 *
 * Every access of the guest to its memory, also the fetching of instructions, is translated through a
 * table (a TLB) whose only filler is `do_page_walk(address, forWriting, user, jit, sideEffects)`, and an
 * entry made for a read does not allow writes. So whoever sees all calls of this function sees the first
 * write to each page since the table was last emptied, and the first access of any kind. The function is
 * found without its name, as the only function of five integers that an exported one-liner calls. Its body
 * moves to the end of the module, and a wrapper takes its place, so no caller and no index changes.
 *
 * @throws WireFormatError when the module is damaged, or not made as described.
 */
export function patchPageWalk(bytes: Uint8Array): PageWalkPatch {
  const module = new WasmModule(bytes);
  const door = module.bodyOf(module.exportedFunctions.get(DOOR) ?? -1);
  const host = module.importedFunctions.indexOf(HOST_CALL);
  if (!door || host < 0) throw unknown(`it has no ${door ? HOST_CALL : DOOR}`);
  const { calls, offsets } = readReferences(door);
  const walks = calls.filter((index) => module.bodyOf(index) && isPageWalk(module.typeOf(index)));
  const [walk] = walks;
  const [, memoryPointer] = offsets;
  if (walks.length !== 1 || walk === undefined || memoryPointer === undefined) {
    throw unknown(`${DOOR} calls ${walks.length} functions that could be the page walk`);
  }
  const body = wrapper({
    walk: module.functionCount,
    host,
    mode: module.globalCount,
    map: module.globalCount + 1,
    memoryPointer,
  });
  return { wasm: module.wrap(walk, body, [MODE_GLOBAL, MAP_GLOBAL]), memoryPointer };
}

function unknown(why: string): WireFormatError {
  return new WireFormatError(`not the v86 that is known: ${why}`, -1);
}

function isPageWalk(type: FunctionType | null): boolean {
  const integers = (count: number): string => Array(count).fill(I32).join();
  return type?.parameters.join() === integers(5) && type.results.join() === integers(1);
}

/** Indices that the wrapper refers to. */
interface Places {
  readonly walk: number;
  readonly host: number;
  readonly mode: number;
  readonly map: number;
  readonly memoryPointer: number;
}

// Parameters and locals of the wrapper.
const LINEAR = 0;
const FOR_WRITING = 1;
const ENTRY = 5;
const TABLE = 6;
const TABLE_ENTRY = 7;

const PAGE_MASK = -4096;
const PAGING = 0x8000_0000 | 0;
const PHYSICAL_ADDRESS_EXTENSION = 0x20;
/** Of a page directory's entry: it maps a large page, there is no table below it. */
const LARGE_PAGE = 0x80;

function wrapper({ walk, host, mode, map, memoryPointer }: Places): Uint8Array {
  const { constant, local, setLocal, and, add, shiftLeft, shiftRight, when, word, wordAt } = code;
  const isOn = (bit: number): Code => and(code.global(mode), constant(bit));
  const memory = wordAt(memoryPointer);
  const mark = (physical: Code): Code =>
    code.storeByte(add(shiftRight(physical, 12), code.global(map)), constant(1));
  const pageOf = (address: Code): Code => and(address, constant(PAGE_MASK));
  /** The part of the linear address that selects an entry, as that entry's offset in its table. */
  const offset = (from: number, mask: number, bytes: number): Code =>
    shiftLeft(and(shiftRight(local(LINEAR), from), constant(mask)), bytes);
  const entryAt = (at: Code): Code => word(add(add(local(TABLE), at), memory));

  // An entry of the TLB is the linear page, combined with where the page lies in v86's own memory and with
  // flags below; combined once more with the linear page and less where guest memory begins it is physical.
  const physical = code.subtract(code.xor(pageOf(local(ENTRY)), pageOf(local(LINEAR))), memory);

  // A walk sets bits in the directory and in the table (accessed, dirty), which are guest memory as well.
  const markTables = when(
    and(wordAt(ADDRESS.cr0), constant(PAGING)),
    code.choose(
      and(wordAt(ADDRESS.cr4), constant(PHYSICAL_ADDRESS_EXTENSION)),
      [
        setLocal(TABLE, pageOf(word(add(offset(30, 3, 3), constant(ADDRESS.pdpte))))),
        setLocal(TABLE_ENTRY, entryAt(offset(21, 511, 3))),
      ],
      [
        setLocal(TABLE, pageOf(wordAt(ADDRESS.cr3))),
        setLocal(TABLE_ENTRY, entryAt(offset(22, 1023, 2))),
      ],
    ),
    mark(local(TABLE)),
    when(
      code.isZero(and(local(TABLE_ENTRY), constant(LARGE_PAGE))),
      mark(pageOf(local(TABLE_ENTRY))),
    ),
  );

  return code.body(
    3,
    // The host is asked in the guise of reading a port that cannot be.
    when(
      isOn(MODE.fault),
      code.drop(code.call(host, code.or(shiftRight(local(LINEAR), 12), constant(FAULT_BIT | 0)))),
    ),
    setLocal(ENTRY, code.call(walk, ...[0, 1, 2, 3, 4].map(local))),
    // Without an entry the guest gets a page fault, and nothing was written.
    when(local(ENTRY), when(isOn(MODE.log), when(local(FOR_WRITING), mark(physical)), markTables)),
    local(ENTRY),
  );
}
