// Writes small migration streams by hand, piece by piece, for tests and fuzz programs. It knows the format
// from its description alone, nothing of the decoder.

import { deflateSync } from "node:zlib";

export const PAGE = 4096;

/** Bytes of numbers and texts: `bytes("u8", 7, "u32", 5, "name", "ram", "raw", someBytes)`. */
export function bytes(...parts) {
  const out = [];
  for (let i = 0; i < parts.length; i += 2) out.push(part(parts[i], parts[i + 1]));
  return new Uint8Array(Buffer.concat(out));
}

function part(kind, value) {
  if (kind === "raw") return value;
  if (kind === "text") return Buffer.from(value, "latin1");
  if (kind === "name")
    return Buffer.concat([Buffer.from([value.length]), Buffer.from(value, "latin1")]);
  const size = { u8: 1, u16: 2, u32: 4, u64: 8 }[kind];
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(value));
  return number.subarray(8 - size);
}

export function join(...pieces) {
  return new Uint8Array(Buffer.concat(pieces));
}

/** A page of one byte, or of words that no compression finds equal. */
export function page(fill, isNoisy = false) {
  const made = new Uint8Array(PAGE).fill(fill);
  if (isNoisy) for (let i = 0; i < PAGE; i++) made[i] = (i * 167 + (i >> 3) * fill + fill) & 255;
  return made;
}

/** Magic and configuration. */
export function head(machine = "pc-i440fx-7.2", { capabilities = [], uuid = null, bits = 0 } = {}) {
  const sub = (name, body) =>
    bytes("u8", 5, "name", `configuration/${name}`, "u32", 1, "raw", body);
  const names = capabilities.map((name) => bytes("name", name));
  return join(
    bytes("u32", 0x5145564d, "u32", 3, "u8", 7, "u32", machine.length, "text", machine),
    ...(bits > 0 ? [sub("target-page-bits", bytes("u32", bits))] : []),
    ...(names.length > 0 ? [sub("capabilities", join(bytes("u32", names.length), ...names))] : []),
    ...(uuid ? [sub("uuid", uuid)] : []),
  );
}

export function footer(id) {
  return bytes("u8", 0x7e, "u32", id);
}

export function section(type, id, name, instance, version, body) {
  const named = type === "start" || type === "full";
  return join(
    bytes("u8", { start: 1, part: 2, end: 3, full: 4 }[type], "u32", id),
    named ? bytes("name", name, "u32", instance, "u32", version) : new Uint8Array(0),
    body,
    footer(id),
  );
}

/** The rows of the table; `extra` gives what follows a row's length. */
export function table(blocks, extra = () => new Uint8Array(0)) {
  const total = blocks.reduce((sum, [, length]) => sum + length, 0);
  const rows = blocks.map(([name, length]) =>
    join(bytes("name", name, "u64", length), extra(name, length)),
  );
  return join(bytes("u64", total + 4), ...rows);
}

export const EOS = bytes("u64", 0x10);
export const FLUSH = bytes("u64", 0x200);
export const END = bytes("u8", 0);

/** A record's word, with the block's name or the flag for the same block. */
function word(offset, flag, block) {
  return block === null
    ? bytes("u64", offset + flag + 0x20)
    : bytes("u64", offset + flag, "name", block);
}

export const record = {
  zero: (offset, block = null) => join(word(offset, 2, block), bytes("u8", 0)),
  raw: (offset, content, block = null) => join(word(offset, 8, block), content),
  xbzrle: (offset, delta, block = null) =>
    join(word(offset, 0x40, block), bytes("u8", 1, "u16", delta.length, "raw", delta)),
  compressed: (offset, content, block = null) => {
    const packed = deflateSync(content);
    return join(word(offset, 0x100, block), bytes("u32", packed.length, "raw", packed));
  },
};

/** `start` of the RAM, with its version. */
export function ramStart(id, ...body) {
  return section("start", id, "ram", 0, 4, join(...body));
}

export function ramPart(id, ...body) {
  return section("part", id, "", 0, 0, join(...body));
}

export function ramEnd(id, ...body) {
  return section("end", id, "", 0, 0, join(...body));
}

export function device(id, name, body, instance = 0, version = 1) {
  return section("full", id, name, instance, version, body);
}

export function command(id, payload = new Uint8Array(0)) {
  return bytes("u8", 8, "u16", id, "u16", payload.length, "raw", payload);
}

export function packaged(...inside) {
  const whole = join(...inside);
  return join(command(7, bytes("u32", whole.length)), whole);
}

export function discard(block, ranges) {
  const list = ranges.map(([start, length]) => bytes("u64", start, "u64", length));
  return command(6, join(bytes("u8", 0, "name", block, "u8", 0), ...list));
}

export function description(json) {
  const text = Buffer.from(typeof json === "string" ? json : JSON.stringify(json));
  return bytes("u8", 6, "u32", text.length, "raw", text);
}

export function reply(id, payload = new Uint8Array(0)) {
  return bytes("u16", id, "u16", payload.length, "raw", payload);
}

/** A bitmap of received pages, as it follows its reply. */
export function receivedBitmap(block, bitmap) {
  return join(
    reply(5, bytes("name", block)),
    bytes("u64", bitmap.length, "raw", bitmap, "u32", 0x01234567, "u32", 0x89abcdef),
  );
}

export const multifd = {
  init: (channel) =>
    bytes(
      ...["u32", 0x11223344, "u32", 1, "raw", new Uint8Array(16), "u8", channel],
      "raw",
      new Uint8Array(39),
    ),
  /** A packet of a list of [offset, page]; `zeros` are offsets of zero pages (since 9.0). */
  packet: ({
    flags = 0,
    block = "",
    pages = [],
    zeros = [],
    room = 128,
    payload,
    size,
    number = 0,
  }) => {
    const content = payload ?? join(...pages.map(([, content_]) => content_));
    const offsets = new Uint8Array(8 * room);
    const listed = join(...[...pages.map(([at]) => at), ...zeros].map((at) => bytes("u64", at)));
    offsets.set(listed);
    const name = new Uint8Array(256);
    name.set(Buffer.from(block, "latin1"));
    return join(
      bytes("u32", 0x11223344, "u32", 1, "u32", flags, "u32", room, "u32", pages.length),
      bytes("u32", size ?? content.length, "u64", number, "u32", zeros.length, "u32", 0),
      new Uint8Array(24),
      name,
      offsets,
      content,
    );
  },
  sync: (options = {}) => multifd.packet({ ...options, flags: 1 | (options.flags ?? 0) }),
};

/** A zstd stream that stores: its head, then for each packet a block as it is, or one repeated byte. */
export function storedZstd(packets, window = 0x50) {
  return packets.map((content, index) => {
    const isRun = content.every((byte) => byte === content[0]);
    const blocks = [];
    for (let at = 0; at < content.length; at += 65536) {
      const piece = content.subarray(at, at + 65536);
      const head_ = (piece.length << 3) | (isRun ? 2 : 0);
      const start = Uint8Array.of(head_ & 255, (head_ >> 8) & 255, head_ >> 16);
      blocks.push(start, isRun ? piece.subarray(0, 1) : piece);
    }
    const first =
      index === 0 ? Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, window) : new Uint8Array(0);
    return join(first, ...blocks);
  });
}

/** A mapped-ram file: pages of 4096 at multiples of `align` behind their bitmap. `blocks`: [name, pages or null[]]. */
export function mappedFile(blocks, { align = 1 << 16, machine = "pc-i440fx-9.0", rest = [] } = {}) {
  const total = blocks.reduce((sum, [, pages]) => sum + pages.length * PAGE, 0);
  let file = join(
    head(machine, { capabilities: ["mapped-ram"] }),
    bytes("u8", 1, "u32", 2, "name", "ram", "u32", 0, "u32", 4, "u64", total + 4),
  );
  for (const [name, pages] of blocks) {
    const bitmap = new Uint8Array(Math.ceil(pages.length / 64) * 8);
    pages.forEach((content, i) => {
      if (content) bitmap[i >> 3] |= 1 << (i & 7);
    });
    const row = bytes("name", name, "u64", pages.length * PAGE);
    const bitmapAt = file.length + row.length + 28;
    const pagesAt = Math.ceil((bitmapAt + bitmap.length) / align) * align;
    const mapped = bytes("u32", 1, "u64", PAGE, "u64", bitmapAt, "u64", pagesAt);
    file = join(
      join(file, row, mapped, bitmap),
      new Uint8Array(pagesAt - bitmapAt - bitmap.length),
      ...pages.map((content) => content ?? new Uint8Array(PAGE)),
    );
  }
  return join(file, EOS, footer(2), ...rest);
}
