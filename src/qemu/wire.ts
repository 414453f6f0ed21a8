/**
 * The numbers of QEMU's migration stream, version 3. Everything is big-endian unless a comment says otherwise.
 */

/** "QEVM", the first four bytes of a stream. */
export const STREAM_MAGIC = 0x5145564d;
/** The only version in use; 2 existed before 2008. */
export const STREAM_VERSION = 3;

/** The byte that opens each part of a stream. */
export const Section = {
  eof: 0x00,
  start: 0x01,
  part: 0x02,
  end: 0x03,
  full: 0x04,
  subsection: 0x05,
  description: 0x06,
  configuration: 0x07,
  command: 0x08,
  footer: 0x7e,
} as const;

/** The low twelve bits of the word that opens a RAM record; the rest is the page's offset in its block. */
export const RamFlag = {
  zero: 0x02,
  blocks: 0x04,
  page: 0x08,
  endOfSection: 0x10,
  sameBlock: 0x20,
  xbzrle: 0x40,
  compressed: 0x100,
  multifdFlush: 0x200,
} as const;

/** Numbers of the commands a source sends. */
export const CommandId = {
  openReturnPath: 1,
  ping: 2,
  postcopyAdvise: 3,
  postcopyListen: 4,
  postcopyRun: 5,
  ramDiscard: 6,
  packaged: 7,
  enableColo: 8,
  postcopyResume: 9,
  recvBitmap: 10,
  switchoverStart: 11,
} as const;

/** Numbers of the messages a target sends back. */
export const ReplyId = {
  shut: 1,
  pong: 2,
  requestNamedPages: 3,
  requestPages: 4,
  receivedBitmap: 5,
  resumeAck: 6,
  switchoverAck: 7,
} as const;

/** Ranges that one RAM_DISCARD command may carry. */
export const MAX_DISCARD_RANGES = 12;
/** What a reply's payload may take. */
export const MAX_REPLY_BYTES = 512;
/** The word that ends the bitmap of received pages. */
export const BITMAP_END_HIGH = 0x01234567;
export const BITMAP_END_LOW = 0x89abcdef;

/** First word of the init packet of a multifd channel, and of its packets. */
export const MULTIFD_MAGIC = 0x11223344;
export const MULTIFD_VERSION = 1;
/** Bytes of a multifd channel's first packet. */
export const MULTIFD_INIT_BYTES = 64;
/** Bytes of a packet before its list of offsets. */
export const MULTIFD_HEADER_BYTES = 320;
export const MultifdFlag = {
  sync: 1,
  /** The bits that name the compression, `compression << 1`. */
  compressionMask: 0x3e,
  zlib: 2,
  zstd: 4,
  deviceState: 64,
} as const;
