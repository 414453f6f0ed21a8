import type { Bytes, MigrationProgress, RoundReport, Scenario, Simulation } from "../node.js";
import type { Pool } from "../sweep/pool.js";

/** What the command line asks of the engine beside the scenario. */
export interface WatchOptions {
  readonly onRound: (round: RoundReport) => void;
  /** A promise it answers is waited for. */
  readonly onProgress: (progress: MigrationProgress) => void | Promise<void>;
  readonly signal: AbortSignal;
  /** Whether to record the page x time map. */
  readonly map: boolean;
  /** Threads that move a guest's bytes; undefined: the engine's default. */
  readonly threads: number | undefined;
}

/** The engine: `simulate` of the library. */
export type Simulate = (scenario: Scenario, options: WatchOptions) => Promise<Simulation>;

/** A stream of text to the user. */
export interface Screen {
  write(text: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Characters in a line of a screen; without end where nobody can tell, as in a file. */
export function widthOf(screen: Screen): number {
  // Some terminals say that they have no columns at all.
  return screen.columns || Number.POSITIVE_INFINITY;
}

/** What the user types, or what is piped in. */
export interface Keyboard {
  readonly isTTY?: boolean;
  /** Hands every key over as it is pressed, or lines again. */
  setRawMode?(isRaw: boolean): unknown;
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  /** Nobody types any more. */
  destroy(): unknown;
}

/** Everything outside the program that a command touches; tests give their own. */
export interface CliWorld {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly stdout: Screen;
  readonly stderr: Screen;
  /** Opens what the user types; a command that reads nothing must not hold it. */
  readonly openStdin: () => Keyboard;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly simulate: Simulate;
  /** Starts threads that each run one simulation at a time. */
  readonly openPool: (threads: number) => Pool;
  /** Threads that this computer runs at once. */
  readonly parallelism: number;
  /** Folder that relative paths start from. */
  readonly folder: string;
  /** Memory of this computer, or what of it this process may use. */
  readonly memoryBytes: Bytes;
  /** What of it nobody uses now. */
  readonly freeBytes: Bytes;
  /** Calls back at each Ctrl-C, and when it is ended otherwise, until the answered function is called. */
  onInterrupt(callback: () => void): () => void;
}

/** Exit codes of the program. */
export const EXIT = {
  done: 0,
  usage: 1,
  notConverged: 2,
  failed: 3,
  bug: 70,
  interrupted: 130,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
