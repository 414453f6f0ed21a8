import process from "node:process";

/** A moment in which V8's compiler threads come to rest. */
const REST_MS = 50;
let isPrepared = false;

/**
 * Keeps the process for a moment when nothing is left to do. One that ends right after a simulation may
 * hang for ever: V8's background compiler waits for a garbage collection that the ending main thread
 * never runs (nodejs/node#54918).
 */
export function restBeforeExit(): void {
  if (isPrepared) return;
  isPrepared = true;
  process.once("beforeExit", () => {
    setTimeout(() => {}, REST_MS);
  });
}
