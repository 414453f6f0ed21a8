// The kernel's exports, grouped as in src/kernel/exports.ts, which says what each of them does.
// The first 256 KiB of the memory are the kernel's own: memory.ts says who uses them. Address 0 means "none".

export { randomFill } from "./random";
export { bitmapMark, bitmapClear, bitmapHas } from "./bitmap";
export { bitmapMarkRange, bitmapClearRange, bitmapMarkList, bitmapFirstOfList } from "./bitmap";
export { bitmapOr, bitmapAnd, bitmapAndNot, bitmapAndRange } from "./bitmap";
export { bitmapHarvest } from "./bitmap-harvest";
export { bitmapCount, bitmapCountRuns, bitmapNext, bitmapPrevious } from "./bitmap-scan";
export { bitmapRuns } from "./bitmap-scan";
export { bitmapList } from "./bitmap-list";
export { pageIsZero, zeroPages, differingPages } from "./page-scan";
export { digestPages } from "./page-digest";
export { changedRuns } from "./page-runs";
export { deltaEncode, deltaDecode } from "./page-delta";
export { lz4Compress } from "./lz4-compress";
export { lz4Decompress } from "./lz4-decompress";
export { batchEncode, batchApply } from "./page-batch";
export { roundTake, roundTakeCached, roundList } from "./round";
export { drawDirtySet, drawSparseDirtySet } from "./dirty-set";
export { drawWrites, storeWrites, fillPages } from "./workload";
export { fluidDirtyPages } from "./fluid";
export { fluidRounds } from "./fluid-rounds";
