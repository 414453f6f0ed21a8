/** How often one says that one is there, where there are no locks; and how long silence may last. */
const BEAT_MS = 1000;
/** Browsers let the timers of a tab in the background run once a minute. */
const SILENCE_MS = 150_000;
/** What a tab has sent may come after it is known to be gone. */
const SETTLE_MS = 100;
/** A lock is held on for as long as the last message may take, so that a farewell comes first. */
const FAREWELL_MS = 1000;

/** What tells an end of a connection that the other's tab has vanished. */
export interface Presence {
  /** The other end was heard. */
  heard(): void;
  /** This end is about to close. */
  leave(): void;
}

/**
 * Holds a lock named after this end for as long as it lives, which browsers free when a tab ends however it
 * does. Resolves when it is held.
 */
export async function holdLock(name: string): Promise<() => void> {
  const locks = lockManager();
  if (locks === undefined) return () => {};
  return new Promise((held) => {
    void locks.request(
      name,
      () => new Promise<void>((free) => held(() => setTimeout(free, FAREWELL_MS))),
    );
  });
}

/** Takes a lock for good unless another tab has it; null when it has. */
export async function takeName(name: string): Promise<(() => void) | null> {
  const locks = lockManager();
  if (locks === undefined) return () => {};
  return new Promise((taken) => {
    void locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock === null) return taken(null);
      return new Promise<void>((free) => taken(free));
    });
  });
}

/**
 * Watches the end that holds the lock `other`: by waiting for the lock, or, where there are none, by beats.
 *
 * @param release - Frees the own lock.
 * @param beat - Tells the other end that this one is there.
 * @param gone - Hears, once, that the other is not.
 */
export function watch(
  other: string,
  release: () => void,
  beat: () => void,
  gone: () => void,
): Presence {
  const locks = lockManager();
  if (locks === undefined) return watchBeats(beat, gone);
  const waiting = new AbortController();
  locks
    .request(other, { signal: waiting.signal }, () => {
      setTimeout(gone, SETTLE_MS);
    })
    // Nobody waits any more.
    .catch(() => {});
  return {
    heard() {},
    leave() {
      waiting.abort();
      release();
    },
  };
}

function watchBeats(beat: () => void, gone: () => void): Presence {
  let silentMs = 0;
  const timer = setInterval(() => {
    beat();
    silentMs += BEAT_MS;
    if (silentMs >= SILENCE_MS) gone();
  }, BEAT_MS);
  return {
    heard() {
      silentMs = 0;
    },
    leave() {
      clearInterval(timer);
    },
  };
}

function lockManager(): LockManager | undefined {
  return (globalThis.navigator as Navigator | undefined)?.locks;
}
