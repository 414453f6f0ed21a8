/**
 * The quantities of migration, and the only conversions between them.
 *
 * Inside the library time is whole nanoseconds, memory is pages of 4096 bytes, rates are bytes per
 * second; milliseconds and strings with units exist only at the edges (options, reports, the CLI).
 */

/** Number of a guest page, counted from guest-physical address 0. Range 0 .. 2^32 - 1 (16 TiB). */
export type PageIndex = number;
/** How many pages. Range 0 .. 2^32. */
export type PageCount = number;
/** How many bytes. Whole, 0 .. 2^53 - 1. */
export type Bytes = number;
/** A rate of data, bytes per second (10 Gbit/s is 1.25e9). */
export type BytesPerSecond = number;
/** A length of time or an instant since the start of the simulation; whole nanoseconds below 2^53 (104 days). */
export type Nanoseconds = number;
/** A length of time at the edge of the library: options and reports. May have a fraction. */
export type Milliseconds = number;
/** A part of a whole, 0 .. 1. */
export type Share = number;

/** Bytes in a guest page: 4096, the page size of x86 and QEMU's target page there. */
export const PAGE_SIZE = 4096;

/** Most pages a guest may have: 2^32, that is 16 TiB. */
export const MAX_PAGES: PageCount = 2 ** 32;

const NS_PER_MS = 1_000_000;

/** Nanoseconds in one second. */
export const SECOND: Nanoseconds = 1_000_000_000;
/** Nanoseconds in one millisecond. */
export const MILLISECOND: Nanoseconds = NS_PER_MS;
/** Nanoseconds in one microsecond. */
export const MICROSECOND: Nanoseconds = 1_000;

/** Milliseconds to the nearest whole nanosecond. */
export function fromMilliseconds(ms: Milliseconds): Nanoseconds {
  return Math.round(ms * NS_PER_MS);
}

/** Nanoseconds as milliseconds, with their fraction. */
export function toMilliseconds(ns: Nanoseconds): Milliseconds {
  return ns / NS_PER_MS;
}

/** Nanoseconds as seconds, with their fraction; for rates and printing, never for clocks. */
export function toSeconds(ns: Nanoseconds): number {
  return ns / SECOND;
}

/** Bytes that a number of whole pages holds. */
export function pagesToBytes(pages: PageCount): Bytes {
  return pages * PAGE_SIZE;
}

/** Pages needed to hold so many bytes; a started page counts. */
export function bytesToPages(bytes: Bytes): PageCount {
  return Math.ceil(bytes / PAGE_SIZE);
}

/** Time that so many bytes take at a rate, rounded up to a whole nanosecond. `Infinity` when the rate is 0 and there is something to send. */
export function transferTime(bytes: Bytes, rate: BytesPerSecond): Nanoseconds {
  if (bytes <= 0) return 0;
  return rate > 0 ? Math.ceil((bytes / rate) * SECOND) : Number.POSITIVE_INFINITY;
}
