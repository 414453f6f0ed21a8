import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { DeltaRound } from "../memory/guest-memory.js";
import { RAW_RECORD_BYTES } from "../memory/guest-memory.js";
import type { Bytes, PageCount, PageIndex } from "../units.js";
import type { Migration } from "./migration.js";
import { EvenPacing, type Pacing, WindowPacing } from "./pacing.js";
import type { PageOrder } from "./page-order.js";
import type { RoundTally } from "./round-tally.js";

/** How a round of push goes. */
export interface PushOptions {
  readonly pacing: Pacing;
  /** Order of the pages; null: by address. */
  readonly order: PageOrder | null;
  /** The guest is stopped: nothing is dirtied meanwhile, and every page has to go. */
  readonly isFinal: boolean;
}

/** One pass over the pages of a round. */
interface Pass extends PushOptions {
  /** Bytes that go in one piece where the pacing does not say. */
  readonly piece: Bytes;
  /** Pages that wait for the pass after this one. */
  readonly exclude: DirtyBitmap | undefined;
}

/** Into so many pieces a round is cut, so that progress shows, writes between them count and an abort is heard. */
const PIECES = 200;
const SHORTEST_PIECE: Bytes = 65_536;
/** How often the writes of a guest without bytes are drawn for the sake of skipping: each draw is a pass over its working set. */
const PIECES_PER_LOOK = 8;

/** The pacing that the policy and the cap ask for. */
export function pacingOf({ link, options }: Migration): Pacing {
  const { windowNs } = options.policy;
  return windowNs === null
    ? new EvenPacing(link, options.maxBandwidth)
    : new WindowPacing(link, options.maxBandwidth, windowNs);
}

/**
 * Sends pending pages: all of them, or until the policy ends the round early. Pages go in the scan's
 * order from where the last round stopped, once around.
 */
export async function pushPages(m: Migration, tally: RoundTally, push: PushOptions): Promise<void> {
  const piece = Math.max(SHORTEST_PIECE, Math.ceil((m.remaining * RAW_RECORD_BYTES) / PIECES));
  const hot = push.isFinal ? undefined : push.order?.hot();
  const passes = hot ? [hot, undefined] : [undefined];
  for (const exclude of passes) {
    const start = m.cursor;
    const pass = { ...push, piece, exclude };
    if ((await pushRange(m, tally, pass, start, m.machine.pageCount)) === "ended") return;
    if ((await pushRange(m, tally, pass, 0, start)) === "ended") return;
    m.cursor = start === m.machine.pageCount ? 0 : start;
  }
}

async function pushRange(
  m: Migration,
  tally: RoundTally,
  { pacing, isFinal, exclude, piece }: Pass,
  from: PageIndex,
  to: PageCount,
): Promise<"done" | "ended"> {
  const { machine, options } = m;
  let pieces = 0;
  for (let cursor = from; cursor < to && m.remaining > 0; pieces++) {
    m.throwIfAborted();
    const isWindowStart = await pacing.ready();
    if (!isFinal && isWindowStart && endsRound(m, pacing)) {
      m.cursor = cursor;
      return "ended";
    }
    if (!isFinal && m.isOutOfPatience) return "ended";
    const looksAtLog = options.skipDirty && pieces % PIECES_PER_LOOK === 0;
    if (machine.memory.hasContents) machine.settle();
    if (looksAtLog) machine.readLog();
    const startNs = m.clock.now();
    const batch = machine.memory.take({
      pending: m.pending,
      from: cursor,
      to,
      limit: Math.max(0, Math.min(pacing.allowance(piece), patience(m, isFinal))),
      exclude,
      skip: options.skipDirty && !isFinal ? machine.dirtyLog : undefined,
      delta: deltaRound(m, tally, isFinal),
    });
    await pacing.send(batch.bytes);
    await m.deliver(batch, tally, cursor, startNs);
    cursor = batch.next;
  }
  return "done";
}

/** What may be sent before patience ends, so that a long piece does not overrun it. */
function patience(m: Migration, isFinal: boolean): Bytes {
  const { giveUpAfterNs, maxBandwidth } = m.options;
  if (isFinal || giveUpAfterNs === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return m.link.capacityUntil(m.pushingSince + giveUpAfterNs, maxBandwidth);
}

function endsRound({ options, remaining }: Migration, { windowRate }: Pacing): boolean {
  const { downtimeLimitNs, policy } = options;
  return policy.endsRound({ remainingPages: remaining, windowRate, downtimeLimitNs });
}

/** Deltas need an older version at the target, so they start with the second round (QEMU: after the first wrap). */
function deltaRound(m: Migration, tally: RoundTally, isFinal: boolean): DeltaRound | undefined {
  if (m.options.xbzrleCacheBytes === 0 || tally.round === 0) return undefined;
  return { generation: m.generation, frozen: isFinal };
}
