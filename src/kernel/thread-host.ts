/** How this environment starts threads. */
export interface ThreadHost {
  /** Threads that can run at once. */
  readonly parallelism: number;
  /**
   * Starts a thread that runs a script. In the script's scope, `crewPort` has `onmessage` and `postMessage`.
   *
   * @param onMessage - Called for each message of the thread.
   * @param onEnd - Called when the thread is no more, or never came to be.
   */
  start(
    script: string,
    onMessage: (message: unknown) => void,
    onEnd: (reason: string) => void,
  ): Thread;
}

/** A thread of a {@link ThreadHost}. */
export interface Thread {
  post(message: unknown): void;
  /** Lets the process end while this thread sleeps. */
  release(): void;
  end(): void;
}
