import type { PageCount } from "../units.js";
import { MOVE_FRAMES } from "../wire/frame-types.js";
import type { Conversation } from "./conversation.js";

/** Asks for the digest of every page, when the digest of them all differs, to say how many pages do; at least one. */
export async function countDiffering(
  conversation: Conversation,
  digests: BigUint64Array,
): Promise<PageCount> {
  conversation.frames.send(MOVE_FRAMES.digests);
  let differing = 0;
  for (let page = 0; page < digests.length; ) {
    const body = await conversation.expect(MOVE_FRAMES.digests);
    const count = body.length >> 3;
    // A target that has none to show proves nothing.
    if (count === 0) break;
    const theirs = new BigUint64Array(body.buffer, 0, count);
    for (const digest of theirs) {
      if (digest !== digests[page]) differing += 1;
      page += 1;
    }
  }
  return Math.max(1, differing);
}
