import { PAGE_SIZE } from "../../units.js";
import type { Assembler } from "./assembler.js";
import type { Instruction } from "./instructions.js";
import type { MemoryLayout } from "./layout.js";

/**
 * The builds of a module that take turns: `plain` as it was, `log` marks pages that it writes, `demand`
 * also waits for pages that are absent.
 */
export type Build = "plain" | "log" | "demand";

/** What the byte of a page says; only what is absent is beyond dirty. */
export const CLEAN = 0;
export const DIRTY = 1;
export const ABSENT = 2;

const PAGE_SHIFT = 12;

/** What a barrier stands before. */
export interface Guarded {
  readonly layout: MemoryLayout;
  readonly one: Instruction;
  /** The local that has the address. */
  readonly address: number;
}

/** Whether accesses of this kind have a barrier in this build. */
export function hasBarrier(build: Build, { access }: Instruction): boolean {
  return access !== undefined && (build === "demand" || (build === "log" && access.isWrite));
}

/** Marks the page of a store, and the next one where the store reaches into it. */
export function logBarrier(code: Assembler, guarded: Guarded): void {
  const { layout, one } = guarded;
  const width = one.access?.width ?? 1;
  pushPage(code, guarded, 0).i32(DIRTY).storeByte(one.first, layout.map);
  if (width === 1) return;
  pushMayCross(code, guarded).unlikely().when();
  pushPage(code, guarded, width - 1)
    .i32(DIRTY)
    .storeByte(one.first, layout.map)
    .end();
}

/**
 * Brings the pages of an access that are absent, and marks them if it writes.
 *
 * @param bring - Index of the function that takes an address and a length and does so for any of them.
 */
export function demandBarrier(code: Assembler, guarded: Guarded, bring: number): void {
  const { layout, one } = guarded;
  const { width, isWrite } = one.access ?? { width: 1, isWrite: false };
  // Two short tests, with what is slow behind them, run faster than one that says all.
  code.block().block();
  pushPage(code, guarded, 0)
    .loadByte(one.first, layout.map)
    .i32(DIRTY)
    .op("gt_u")
    .unlikely()
    .branchIf(0);
  if (width > 1) pushMayCross(code, guarded).unlikely().branchIf(0);
  if (isWrite) pushPage(code, guarded, 0).i32(DIRTY).storeByte(one.first, layout.map);
  code.branch(1).end();
  pushAddress(code, guarded, 0).i32(width).call(bring).end();
}

function pushAddress(code: Assembler, { one, address }: Guarded, beyond: number): Assembler {
  code.getLocal(address);
  const offset = one.offset + beyond;
  return offset === 0 ? code : code.i32(offset).op("add");
}

/** The page of an access, or of its last byte; what wraps around traps in the access itself. */
function pushPage(code: Assembler, guarded: Guarded, beyond: number): Assembler {
  return pushAddress(code, guarded, beyond).i32(PAGE_SHIFT).op("shr_u");
}

/**
 * Something but zero if the access may reach into the next page. One that the compiler believes aligned does
 * only if it is not, which takes a single test; of others it is worked out.
 */
function pushMayCross(code: Assembler, guarded: Guarded): Assembler {
  const { one } = guarded;
  const width = one.access?.width ?? 1;
  if (2 ** one.align >= width) {
    // An offset that keeps the alignment does not matter.
    const offset = one.offset % width === 0 ? -one.offset : 0;
    return pushAddress(code, guarded, offset)
      .i32(width - 1)
      .op("and");
  }
  return pushAddress(code, guarded, 0)
    .i32(PAGE_SIZE - 1)
    .op("and")
    .i32(PAGE_SIZE - width)
    .op("gt_u");
}
