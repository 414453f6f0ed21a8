/**
 * Where channels wait for one another. Pages are ordered only within a channel; between channels it is
 * their barriers that keep an old version of a page from coming after a new one. The main channel and
 * each multifd channel arrive once per SYNC and go on together.
 */
export class SyncBarrier {
  #parties: number;
  #waiting: { resolve(): void; reject(error: unknown): void }[] = [];
  #failure: { readonly error: unknown } | null = null;
  #passed = 0;

  /** @param parties - How many meet: the channels, the main one among them. */
  constructor(parties: number) {
    this.#parties = parties;
  }

  /** How often all have met. */
  get passed(): number {
    return this.#passed;
  }

  /** Waits for all others. */
  arrive(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#release();
    });
  }

  /** One more takes part. */
  join(): void {
    this.#parties++;
  }

  /** One has ended and is not waited for any more. */
  leave(): void {
    this.#parties--;
    this.#release();
  }

  /** One has failed: the others need not wait, their waits end with its error. */
  fail(error: unknown): void {
    this.#failure = { error };
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #release(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#parties) return;
    this.#passed++;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }
}
