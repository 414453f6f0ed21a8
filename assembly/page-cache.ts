// The sender's cache of what the target holds, as QEMU's page_cache.c keeps it: direct-mapped, slot =
// page mod slots. A slot's header begins with {u32 page + 1 or 0 when empty, u32 generation}. Page
// 2^32 - 1 has no number of its own in a header and is never cached.

/** An entry that was used so many generations ago or less is not given up for another page; CACHED_PAGE_LIFETIME. */
const LIFETIME: u32 = 2;

/** Whether the slot holds this page. */
export function holdsPage(slot: usize, page: u32): bool {
  return page + 1 != 0 && load<u32>(slot) == page + 1;
}

/** Whether a page that the slot does not hold may take it. */
export function mayTake(slot: usize, generation: u32): bool {
  return load<u32>(slot) == 0 || load<u32>(slot, 4) + LIFETIME <= generation;
}

/** Writes the slot's header. */
export function takeSlot(slot: usize, page: u32, generation: u32): void {
  store<u32>(slot, page + 1);
  store<u32>(slot, generation, 4);
}
