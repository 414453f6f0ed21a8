/**
 * The kernel once more in plain TypeScript, written for reading: what every function means, and what
 * runs where there is no WebAssembly. One file for each file of assembly/.
 */
import type { KernelExports } from "../exports.js";
import { createBitmapExports } from "./bitmap.js";
import { createBitmapHarvestExports } from "./bitmap-harvest.js";
import { createBitmapListExports } from "./bitmap-list.js";
import { createBitmapScanExports } from "./bitmap-scan.js";
import { createDirtySetExports } from "./dirty-set.js";
import { createFluidExports } from "./fluid.js";
import { createFluidRoundsExports } from "./fluid-rounds.js";
import { createLz4CompressExports } from "./lz4-compress.js";
import { createLz4DecompressExports } from "./lz4-decompress.js";
import { createPageBatchExports } from "./page-batch.js";
import { createPageDeltaExports } from "./page-delta.js";
import { createPageDigestExports } from "./page-digest.js";
import { createPageRunsExports } from "./page-runs.js";
import { createPageScanExports } from "./page-scan.js";
import { createRandomExports } from "./random.js";
import { createRoundExports } from "./round.js";
import { createWorkloadExports } from "./workload.js";

/** Every function of the kernel over one memory, bit for bit what the compiled builds do. */
export function createReferenceExports(buffer: ArrayBuffer): KernelExports {
  return {
    ...createRandomExports(buffer),
    ...createBitmapExports(buffer),
    ...createBitmapHarvestExports(buffer),
    ...createBitmapScanExports(buffer),
    ...createBitmapListExports(buffer),
    ...createPageScanExports(buffer),
    ...createPageDigestExports(buffer),
    ...createPageRunsExports(buffer),
    ...createPageDeltaExports(buffer),
    ...createLz4CompressExports(buffer),
    ...createLz4DecompressExports(buffer),
    ...createPageBatchExports(buffer),
    ...createRoundExports(buffer),
    ...createDirtySetExports(buffer),
    ...createWorkloadExports(buffer),
    ...createFluidExports(buffer),
    ...createFluidRoundsExports(buffer),
  };
}
