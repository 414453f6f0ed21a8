import type { DistantFaults, DistantGuest } from "../machine/sides.js";
import type { PageCount, PageIndex } from "../units.js";
import type { Migration } from "./migration.js";
import { createPrepaging, type Prepaging } from "./prepaging.js";
import type { RoundTally } from "./round-tally.js";
import { judgeProof } from "./switchover.js";

/** Zero pages are short on the wire, but both sides look at each. */
const MOST_PIECE_PAGES: PageCount = 64;

/**
 * The pull phase as a source sees it whose guest runs elsewhere. What the guest asks for goes at once, out
 * of any rate limit; else the pages of `pending` are pushed in the order of prepaging, in pieces so short
 * that no page asked for waits long behind one. Each page crosses once, since a sent page is no longer pending.
 */
export async function servePull(m: Migration, guest: DistantGuest): Promise<void> {
  const tally = m.beginRound("pull");
  const { differing, ...faults } = await serveToTheEnd(m, guest, tally);
  const meanStallMs = faults.faults === 0 ? 0 : faults.stallMs / faults.faults;
  m.faults = { ...faults, meanStallMs };
  m.endRound(tally);
  judgeProof(m, differing);
}

/** A link that fails is no end as long as the guest can be reached again: it says which pages it lacks. */
async function serveToTheEnd(
  m: Migration,
  guest: DistantGuest,
  tally: RoundTally,
): Promise<DistantFaults> {
  for (;;) {
    try {
      return await serve(m, guest, tally);
    } catch (error) {
      m.remaining = await guest.rejoin(error, m.pending);
    }
  }
}

async function serve(m: Migration, guest: DistantGuest, tally: RoundTally): Promise<DistantFaults> {
  const prepaging = createPrepaging(m.options.prepaging, m.options.pivots, m.pending);
  while (m.remaining > 0) {
    await guest.turn(m.options.pullBandwidth);
    const requests = guest.takeRequests();
    for (const page of requests) await answer(m, tally, prepaging, page);
    if (requests.length === 0) await push(m, guest, tally, prepaging);
  }
  return guest.complete();
}

/** Sends a page that the guest waits for, unless it is on its way. */
async function answer(
  m: Migration,
  tally: RoundTally,
  prepaging: Prepaging,
  page: PageIndex,
): Promise<void> {
  prepaging.faulted(page);
  if (!m.pending.has(page)) return;
  const startNs = m.clock.now();
  const batch = m.machine.memory.take({ pending: m.pending, from: page, to: page + 1, limit: 0 });
  await m.deliver(batch, tally, page, startNs);
}

async function push(
  m: Migration,
  guest: DistantGuest,
  tally: RoundTally,
  prepaging: Prepaging,
): Promise<void> {
  const limit = guest.pieceBytes;
  const range = prepaging.next(limit);
  if (!range) return;
  const startNs = m.clock.now();
  const { from } = range;
  const to = Math.min(range.to, from + MOST_PIECE_PAGES);
  const batch = m.machine.memory.take({ pending: m.pending, from, to, limit });
  range.advance(batch.next);
  await m.deliver(batch, tally, from, startNs);
}
