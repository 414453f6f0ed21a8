// What both ends must agree on: the module, and how it runs. A peer that brings another module is refused.

/** @param {Uint8Array} module - The bytes of life.wasm. */
export function lifeApplication(module) {
  return { module, step: "step", memoryLimitBytes: 256 * 1024 };
}

/** What an arriving machine may use. */
export const LIMITS = { memoryBytes: 1024 * 1024 };
