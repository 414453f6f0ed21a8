/**
 * Where v86 0.5.462 keeps what godwit looks at, and nowhere says so: addresses in its WebAssembly memory
 * and places in the list that is its state. `checkLayout` compares them when a machine is made.
 */

/** The version whose insides are known. */
export const V86_VERSION = "0.5.462";

/** Addresses in v86's memory. */
export const ADDRESS = {
  lastResult: 112,
  cr0: 580,
  cr3: 592,
  cr4: 596,
  memorySize: 812,
  mxcsr: 824,
  pdpte: 968,
  fpuStatusWord: 1040,
} as const;

/** Places in v86's state. */
export const STATE = {
  memorySize: 0,
  controlRegisters: 10,
  /** Where instructions were last fetched from: a memory of the processor's, which restoring clears. */
  lastFetch: 18,
  pageDirectoryPointers: 42,
  pit: 58,
  firmwareValue: 62,
  packedMemory: 77,
  packedPages: 78,
  ide: 85,
  lastResult: 86,
  fpuStatusWord: 87,
  mxcsr: 88,
} as const;
