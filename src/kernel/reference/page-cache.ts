import type { Pointer } from "../exports.js";

// The sender's cache of what the target holds, as QEMU's page_cache.c keeps it: direct-mapped, slot =
// page mod slots. A slot's header begins with {u32 page + 1 or 0 when empty, u32 generation}. Page
// 2^32 - 1 has no number of its own in a header and is never cached.

/** An entry that was used so many generations ago or less is not given up for another page; CACHED_PAGE_LIFETIME. */
const LIFETIME = 2;

/** Whether the slot holds this page. */
export function holdsPage(memory: Uint32Array, slot: Pointer, page: number): boolean {
  const name = (page + 1) >>> 0;
  return name !== 0 && memory[slot / 4] === name;
}

/** Whether a page that the slot does not hold may take it. */
export function mayTake(memory: Uint32Array, slot: Pointer, generation: number): boolean {
  return memory[slot / 4] === 0 || (memory[slot / 4 + 1] as number) + LIFETIME <= generation;
}

/** Writes the slot's header. */
export function takeSlot(
  memory: Uint32Array,
  slot: Pointer,
  page: number,
  generation: number,
): void {
  memory[slot / 4] = page + 1;
  memory[slot / 4 + 1] = generation;
}
