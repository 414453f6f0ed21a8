import { WireFormatError } from "../errors.js";
import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { Bytes, PageCount } from "../units.js";

// Which pages come later: stretches of two u32 (first page, pages less one), or, where that is shorter, bits
// from a first page on. A list takes as many frames as it needs.

const STRETCHES = 0;
const BITS = 1;
/** What a frame holds: half a million pages as bits. */
const FRAME_BYTES: Bytes = 65_536;
const HEAD_BYTES = 5;

/** The marked pages as bodies of frames. */
export function* encodeAbsent(absent: DirtyBitmap): Generator<Uint8Array> {
  const asBits = Math.ceil(absent.pageCount / 8);
  if (absent.countRuns() * 8 <= asBits) yield* encodeStretches(absent);
  else yield* encodeBits(absent);
}

function* encodeStretches(absent: DirtyBitmap): Generator<Uint8Array> {
  let stretches: number[] = [];
  for (const { start, end } of absent.runs()) {
    stretches.push(start, end - start - 1);
    if (4 * stretches.length < FRAME_BYTES) continue;
    yield stretchesBody(stretches);
    stretches = [];
  }
  if (stretches.length > 0) yield stretchesBody(stretches);
}

function stretchesBody(stretches: readonly number[]): Uint8Array {
  const body = new Uint8Array(HEAD_BYTES + 4 * stretches.length);
  const view = new DataView(body.buffer);
  view.setUint8(0, STRETCHES);
  for (const [index, value] of stretches.entries()) {
    view.setUint32(HEAD_BYTES + 4 * index, value, true);
  }
  return body;
}

function* encodeBits(absent: DirtyBitmap): Generator<Uint8Array> {
  const pages = 8 * FRAME_BYTES;
  for (let first = 0; first < absent.pageCount; first += pages) {
    const count = Math.min(pages, absent.pageCount - first);
    const body = new Uint8Array(HEAD_BYTES + Math.ceil(count / 8));
    body[0] = BITS;
    new DataView(body.buffer).setUint32(1, first, true);
    for (const { start, end } of absent.runs(first, first + count)) {
      for (let page = start - first; page < end - first; page++) {
        const at = HEAD_BYTES + (page >> 3);
        body[at] = (body[at] as number) | (1 << (page & 7));
      }
    }
    yield body;
  }
}

/** Marks the pages that a body names. @throws WireFormatError when it names pages that there are not. */
export function decodeAbsent(body: Uint8Array, into: DirtyBitmap): void {
  if (body.length < HEAD_BYTES || body.length > HEAD_BYTES + 8 * FRAME_BYTES) {
    throw new WireFormatError("a damaged list of absent pages", 0);
  }
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const first = view.getUint32(1, true);
  if (body[0] === STRETCHES) decodeStretches(view, into);
  else if (body[0] === BITS) decodeBits(body, first, into);
  else throw new WireFormatError("a list of absent pages of no known form", 0);
}

function decodeStretches(view: DataView, into: DirtyBitmap): void {
  if ((view.byteLength - HEAD_BYTES) % 8 !== 0) {
    throw new WireFormatError("a damaged list of absent pages", 0);
  }
  for (let at = HEAD_BYTES; at < view.byteLength; at += 8) {
    const start = view.getUint32(at, true);
    const end = start + view.getUint32(at + 4, true) + 1;
    checkEnd(end, into.pageCount, at);
    into.markRange(start, end);
  }
}

function decodeBits(body: Uint8Array, first: number, into: DirtyBitmap): void {
  for (let at = HEAD_BYTES; at < body.length; at++) {
    for (let bits = body[at] as number, page = first + 8 * (at - HEAD_BYTES); bits > 0; page++) {
      if (bits & 1) {
        checkEnd(page + 1, into.pageCount, at);
        into.mark(page);
      }
      bits >>= 1;
    }
  }
}

function checkEnd(end: PageCount, pageCount: PageCount, at: number): void {
  if (end > pageCount) throw new WireFormatError(`page ${end - 1} of ${pageCount}`, at);
}
