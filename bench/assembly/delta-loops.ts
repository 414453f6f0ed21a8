// Page deltas as the kernel itself makes and applies them, page after page within one call: coming in from
// JavaScript for each page costs as much as decoding a short delta.

import { PAGE } from "../../assembly/memory";
import { deltaDecode, deltaEncode } from "../../assembly/page-delta";

export function encodeAll(
  old: usize,
  page: usize,
  pages: u32,
  deltas: usize,
  room: usize,
  lengths: usize,
  limit: u32,
): void {
  for (; pages != 0; pages--, old += PAGE, page += PAGE, deltas += room, lengths += 4) {
    store<i32>(lengths, deltaEncode(old, page, deltas, limit));
  }
}

export function decodeAll(
  deltas: usize,
  room: usize,
  lengths: usize,
  pages: u32,
  page: usize,
): void {
  for (; pages != 0; pages--, page += PAGE, deltas += room, lengths += 4) {
    deltaDecode(deltas, load<u32>(lengths), page);
  }
}
