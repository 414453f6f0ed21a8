import {
  type Bytes,
  type BytesPerSecond,
  type Milliseconds,
  PAGE_SIZE,
  type PageCount,
} from "../units.js";
import { drawNormal, type Random } from "../world/random.js";
import { RAW_PAGE_BYTES, WINDOW_MS } from "./profile.js";
import type { PredictedHosts, PredictedSettings } from "./settings.js";

/** Time to find that a page is zero, ms, where nothing else is in the way. */
const ZERO_SCAN_MS: Milliseconds = 0.0005;

/** QEMU's windows of 100 ms as one run of hosts and link lives them: what each carries and how long it lasts. */
export class Windows {
  readonly #hosts: PredictedHosts;
  readonly #random: Random;
  /** What a window carries: the cap says so, or the link and the thread that sends. */
  readonly #bytes: Bytes;
  /** The same while every page is new to the target. */
  readonly #freshBytes: Bytes;
  readonly #isCapped: boolean;
  /** How late this host's timers are in this run, in the mean. */
  readonly #latenessMs: Milliseconds;

  constructor(settings: PredictedSettings, hosts: PredictedHosts, random: Random) {
    this.#hosts = hosts;
    this.#random = random;
    const most = uncappedBandwidth(hosts);
    this.#isCapped = settings.maxBandwidth < most;
    this.#bytes = (Math.min(settings.maxBandwidth, most) * WINDOW_MS) / 1000;
    this.#freshBytes = Math.min(this.#bytes, (RAW_PAGE_BYTES / hosts.freshPageMs) * WINDOW_MS);
    // Most hosts are hardly ever late, a busy one always: a square of an exponential number, of mean 1.
    this.#latenessMs = (hosts.windowLatenessMs * random.nextExponential() ** 2) / 2;
  }

  /** Pages of a mean size that a window carries: the page that goes over the budget is still sent. */
  pages(pageBytes: Bytes): PageCount {
    return this.#pages(this.#bytes, pageBytes);
  }

  /** Raw pages that a window carries to a target that never had them. */
  freshPages(): PageCount {
    return this.#pages(this.#freshBytes, RAW_PAGE_BYTES);
  }

  /** What the windows carry when timers are on time. */
  get bandwidth(): BytesPerSecond {
    return (this.#bytes * 1000) / WINDOW_MS;
  }

  /** Pages that the bandwidth of the window just over would carry within the downtime limit. */
  thresholdPages(downtimeLimitMs: Milliseconds): PageCount {
    const windowMs = WINDOW_MS + this.#latenessMs * this.#random.nextExponential();
    return ((this.#bytes / windowMs) * downtimeLimitMs) / PAGE_SIZE;
  }

  /**
   * Of `needed` windows those until one ends after so much time, at least one: where in a window that time falls
   * is chance.
   */
  within(ms: Milliseconds, needed: number): number {
    const windows = ms / (WINDOW_MS + this.#latenessMs);
    if (windows >= needed) return needed;
    return Math.min(needed, Math.max(1, windows + this.#random.nextUnit()));
  }

  /** How long so many windows last: timers are late, and sometimes a host has other things to do. */
  lastMs(windows: number): Milliseconds {
    if (windows <= 0) return 0;
    const late = this.#latenessMs * (windows + Math.sqrt(windows) * drawNormal(this.#random));
    const ms = windows * WINDOW_MS + Math.max(0, late);
    return ms + this.#stalledMs(ms);
  }

  /** Time for looking at zero pages that the windows' idle rests do not hide. */
  scanMs(zeroPages: PageCount, windows: number): Milliseconds {
    const busy = this.#bytes / ((uncappedBandwidth(this.#hosts) * WINDOW_MS) / 1000);
    return Math.max(0, zeroPages * ZERO_SCAN_MS - windows * WINDOW_MS * (1 - busy));
  }

  #pages(bytes: Bytes, pageBytes: Bytes): PageCount {
    const pages = bytes / Math.max(1, pageBytes);
    return this.#isCapped && bytes === this.#bytes ? Math.floor(pages) + 1 : Math.max(1, pages);
  }

  #stalledMs(ms: Milliseconds): Milliseconds {
    const { stallsPerSecond, stallMs } = this.#hosts;
    if (stallsPerSecond <= 0) return 0;
    const nextMs = (): Milliseconds => (this.#random.nextExponential() / stallsPerSecond) * 1000;
    let stalled = 0;
    for (let at = nextMs(); at < ms; at += nextMs()) {
      stalled += stallMs * this.#random.nextExponential();
    }
    return stalled;
  }
}

/** Bytes per second that the link and one thread of QEMU carry when no cap holds them. */
export function uncappedBandwidth({ linkBandwidth, copyBandwidth }: PredictedHosts): number {
  return Math.min(linkBandwidth, copyBandwidth);
}
