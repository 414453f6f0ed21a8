import type { Crew } from "../kernel/crew.js";
import { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import { createKernel } from "../kernel/load.js";
import { WriteGenerator } from "../kernel/write-generator.js";
import { PageStore } from "../memory/byte-memory.js";
import type { PageCount, Share } from "../units.js";
import type { Random } from "../world/random.js";

/** What the pages of a made-up guest hold. */
export interface GeneratedContents {
  readonly pageCount: PageCount;
  readonly zeroShare: Share;
  readonly compressibleShare: Share;
  /** Marks the zero pages; undefined: there are none. */
  readonly markZeroPages: ((zero: DirtyBitmap) => void) | undefined;
  /** Who works in its memory later. */
  readonly crew: Crew;
}

/** Makes real bytes: zero pages, pages of repeated lines, pages of noise, in the shares asked for. */
export function generateContents(contents: GeneratedContents, random: Random): PageStore {
  const { pageCount, zeroShare, compressibleShare, markZeroPages } = contents;
  const kernel = createKernel(3 * DirtyBitmap.bytesFor(pageCount));
  const [zero, compressible, noise] = [0, 1, 2].map(() => new DirtyBitmap(pageCount, kernel)) as [
    DirtyBitmap,
    DirtyBitmap,
    DirtyBitmap,
  ];
  const { state } = random.fork("contents");
  markZeroPages?.(zero);
  const ofTheRest = zeroShare < 1 ? compressibleShare / (1 - zeroShare) : 0;
  new WriteGenerator().drawDirtySet(compressible, 0, pageCount, ofTheRest, state);
  compressible.andNot(zero);
  noise.markAll();
  noise.andNot(zero);
  noise.andNot(compressible);
  const store = new PageStore(pageCount, contents.crew);
  for (const shard of store.shards) {
    const end = shard.firstPage + shard.pageCount;
    for (const [pages, kind] of [
      [compressible, "compressible"],
      [noise, "random"],
    ] as const) {
      for (const run of pages.runs(shard.firstPage, end)) {
        shard.fill(run.start, run.end - run.start, kind, state);
      }
    }
  }
  return store;
}
