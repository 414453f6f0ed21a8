import { RAW_RECORD_BYTES } from "../../memory/guest-memory.js";
import { type Nanoseconds, SECOND } from "../../units.js";
import type { EngineMigration, Stage } from "./engine-migration.js";
import { recordBytes } from "./flavour.js";
import { flight, wait } from "./stages.js";

/** Into so many stretches a pull is cut to add up its faults. */
const STRETCHES = 32;

/**
 * The pull of post-copy: every page that is left is pushed once, and what the guest touches before its turn
 * goes first, which changes the order and not the time.
 */
export const pull: Stage = (m, done, calls) => {
  const bytes = recordBytes(m.remaining, m.zero);
  if (calls === 0 && bytes > 0) {
    const cap = m.flavour.options.pullBandwidth;
    return { kind: "transfer", bytes, cap, phase: "pull", guest: "target" };
  }
  if (m.remaining > 0) {
    countFaults(m, done.elapsedNs, done.guestNs);
    m.pageBytes += bytes;
    m.remaining = 0;
    m.zero = 0;
    return wait(2 * flight(m), "pull", "target");
  }
  return null;
};

/**
 * Expected faults: a page whose turn comes at s is missed if the guest touches it before, so while the share
 * 1 - s/T is absent, new pages are touched at D'(g) after a guest time g; each miss stalls the guest for a
 * round trip and its page. Pages that were dirty when the guest left are touched again as D(a) + D(g) - D(a + g).
 */
function countFaults(m: EngineMigration, lengthNs: Nanoseconds, guestNs: Nanoseconds): void {
  const { curves, curve, pages } = m.flavour;
  const D = (ns: Nanoseconds): number => curves.dirtyPages(curve, ns);
  const isAll = m.remaining >= pages;
  const before = m.guestNsBefore;
  const touched = (ns: Nanoseconds): number => {
    return isAll || before === 0 ? D(ns) : Math.max(0, D(before) + D(ns) - D(before + ns));
  };
  const pace = lengthNs > 0 ? guestNs / lengthNs : 0;
  const pageNs =
    lengthNs > 0 ? (lengthNs * RAW_RECORD_BYTES) / recordBytes(m.remaining, m.zero) : 0;
  const stallNs = 2 * flight(m) + Math.min(pageNs, (RAW_RECORD_BYTES * SECOND) / m.path.rate);
  const stretch = lengthNs / STRETCHES;
  let ran: Nanoseconds = 0;
  for (let index = 0; index < STRETCHES; index++) {
    const absent = 1 - (index + 0.5) / STRETCHES;
    // Without stalls so many; with them the guest gets less far in the stretch.
    const whole = (touched(ran + stretch * pace) - touched(ran)) * absent;
    const speed = 1 / (1 + (whole * stallNs) / stretch);
    const length = stretch * pace * speed;
    const faults = (touched(ran + length) - touched(ran)) * absent;
    m.networkFaults += faults;
    m.lostNs += Math.min(stretch, faults * stallNs);
    ran += length;
  }
}
