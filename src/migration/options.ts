import { InvalidOptionError } from "../errors.js";
import type { AutoConvergeSettings } from "../policy/auto-converge.js";
import { policies } from "../policy/policies.js";
import type { ConvergencePolicy } from "../policy/policy.js";
import {
  type Bytes,
  type BytesPerSecond,
  fromMilliseconds,
  MAX_PAGES,
  type Milliseconds,
  type Nanoseconds,
  PAGE_SIZE,
  type PageCount,
  pagesToBytes,
  SECOND,
  type Share,
} from "../units.js";
import { Random } from "../world/random.js";
import type { MigrationProgress } from "./migration.js";
import type { RoundReport } from "./report.js";

/** CPU that migrating costs at the hosts. */
export interface HostCosts {
  readonly sourceCpuSecondsPerGiB: number;
  readonly targetCpuSecondsPerGiB: number;
  /** Part of migration's CPU that is taken from the guest: 0, there is a core to spare; 1, there is none. */
  readonly contention: Share;
  /** The guest's CPUs, that the stolen time is spread over. */
  readonly guestCores: number;
}

/** What downtime and slowness cost. */
export interface ServiceLevel {
  /** Downtime that costs nothing. */
  readonly freeDowntimeNs: Nanoseconds;
  readonly pricePerDowntimeSecond: number;
  /** Per second of guest time lost while it ran. */
  readonly pricePerDegradedSecond: number;
}

/** What the caller of a strategy may set; everything has a default. */
export interface MigrateOptions {
  /** A policy or the name of one. Default `godwit`. */
  readonly policy?: ConvergencePolicy | keyof typeof policies | undefined;
  /** Cap on the rate of page data, bytes/s, lifted for the final burst. Default: the policy's, else none. */
  readonly maxBandwidth?: BytesPerSecond | undefined;
  /** Downtime aimed at. Default: the policy's (300 ms in QEMU), none where another stop condition is set with the policy `godwit`. */
  readonly downtimeLimitMs?: Milliseconds | undefined;
  /** Stop pushing after so many rounds, round 0 included; hybrid: switch to post-copy then. */
  readonly maxRounds?: number | undefined;
  /** Stop pushing after so many bytes of page records. */
  readonly maxBytes?: Bytes | undefined;
  /** Stop pushing when fewer pages than this are dirty. */
  readonly dirtyThreshold?: PageCount | undefined;
  /**
   * What to do when the dirty set meets no stop condition in time. Default `abort`: the guest runs on at
   * the source. Where it is given, it also holds when the rounds or bytes are used up, which otherwise stops the guest.
   */
  readonly onNotConverged?: "abort" | "stop" | "post-copy" | undefined;
  /** "In time". Default: the policy's, else 150 s per GiB (KubeVirt's completionTimeoutPerGiB), at least 150 s and 30 full copies. */
  readonly giveUpAfterMs?: Milliseconds | undefined;
  /** Delta compression of resent pages with a cache of so many bytes (QEMU's default 64 MiB; a power of two of pages); 0: off, the default. */
  readonly xbzrleCacheBytes?: Bytes | undefined;
  /** Slow the guest down until it converges. Default: never; settings left out are QEMU's. */
  readonly autoConverge?: Partial<AutoConvergeSettings> | null | undefined;
  /** Order of pages in a round. Default `address`. */
  readonly order?: "address" | "cold-first" | undefined;
  /** Leave pages that were written again before their turn to the next round (Clark et al. 2005). Default false. */
  readonly skipDirty?: boolean | undefined;
  /** Order of the active push in post-copy: outward from the last faults (default), onward from the last one, or by address. */
  readonly prepaging?: "bubble" | "forward" | "none" | undefined;
  /** How many of the last faults keep a bubble growing. Default 7. */
  readonly pivots?: number | undefined;
  /** Compare the target's memory with the source's. Default true. */
  readonly verify?: boolean | undefined;
  readonly host?: HostCosts | undefined;
  readonly serviceLevel?: ServiceLevel | null | undefined;
  /** Share of announcements lost on the way. Default 0. */
  readonly packetLoss?: Share | undefined;
  /** For what is left to chance. Default 1. */
  readonly seed?: number | undefined;
  /** Called after every round with a fresh immutable record. */
  readonly onRound?: ((round: RoundReport) => void) | undefined;
  /** Called after every batch of pages; a promise it answers is waited for, so that a simulation lets the event loop breathe. */
  readonly onProgress?: ProgressListener | undefined;
  /** Ends the migration; the guest stays at the source. Not heeded once the guest runs at the target: it cannot go back. */
  readonly signal?: AbortSignal | null | undefined;
}

/** Hears how far a migration is, and may hold it up. */
export type ProgressListener = (progress: MigrationProgress) => void | Promise<void>;

/** {@link MigrateOptions} with every default filled in. */
export interface MigrationOptions {
  readonly policy: ConvergencePolicy;
  readonly maxBandwidth: BytesPerSecond;
  /** Cap on the active push of post-copy; pages asked for are never held back. */
  readonly pullBandwidth: BytesPerSecond;
  readonly downtimeLimitNs: Nanoseconds;
  readonly maxRounds: number;
  readonly maxBytes: Bytes;
  readonly dirtyThreshold: PageCount;
  readonly onNotConverged: "abort" | "stop" | "post-copy";
  /** The same, for when the rounds or bytes are used up. */
  readonly onExhausted: "abort" | "stop" | "post-copy";
  readonly giveUpAfterNs: Nanoseconds;
  readonly giveUpAfterRounds: number;
  readonly xbzrleCacheBytes: Bytes;
  readonly autoConverge: AutoConvergeSettings | null;
  readonly order: "address" | "cold-first";
  readonly skipDirty: boolean;
  readonly prepaging: "bubble" | "forward" | "none";
  readonly pivots: number;
  readonly verify: boolean;
  readonly host: HostCosts;
  readonly serviceLevel: ServiceLevel | null;
  readonly packetLoss: Share;
  readonly random: Random;
  readonly seed: number;
  readonly onRound: (round: RoundReport) => void;
  readonly onProgress: ProgressListener;
  readonly signal: AbortSignal | null;
}

/** QEMU's cpu-throttle-initial, cpu-throttle-increment, max-cpu-throttle and throttle-trigger-threshold. */
const QEMU_THROTTLE: AutoConvergeSettings = {
  initial: 0.2,
  increment: 0.1,
  max: 0.99,
  trigger: 0.5,
};

/** Measured for a Node process that receives pages over TCP: 0.18 .. 0.29 CPU seconds a GiB. */
const DEFAULT_HOST: HostCosts = {
  sourceCpuSecondsPerGiB: 0.25,
  targetCpuSecondsPerGiB: 0.25,
  contention: 0,
  guestCores: 1,
};

const NEVER = Number.POSITIVE_INFINITY;
const GIB = 2 ** 30;
const PATIENCE_PER_GIB: Nanoseconds = 150 * SECOND;
const PATIENCE_IN_COPIES = 30;
/** Rounds of a guest that is dirtied as fast as it is sent can be microseconds: a bound on them is one on the report. */
const MOST_ROUNDS = 10_000;

/**
 * Checks the options and fills in the defaults.
 *
 * @param pageCount - Pages of the guest.
 * @param linkRate - What the link gives now, bytes/s.
 * @throws InvalidOptionError
 */
export function resolveMigrationOptions(
  given: MigrateOptions,
  pageCount: PageCount,
  linkRate: BytesPerSecond,
): MigrationOptions {
  const policy = policyOf(given.policy ?? "godwit");
  const { defaults } = policy;
  const maxBandwidth = above0("maxBandwidth", given.maxBandwidth) ?? defaults.maxBandwidth ?? NEVER;
  const memory = pagesToBytes(pageCount);
  const seed = given.seed ?? 1;
  const maxRounds = count("maxRounds", given.maxRounds, 1, MOST_ROUNDS) ?? defaults.maxRounds;
  return {
    policy,
    maxBandwidth,
    pullBandwidth: defaults.pullIsUncapped ? NEVER : maxBandwidth,
    downtimeLimitNs: downtimeLimit(given, policy),
    maxRounds: maxRounds ?? NEVER,
    maxBytes: above0("maxBytes", given.maxBytes) ?? (defaults.maxMemoryMultiple ?? NEVER) * memory,
    dirtyThreshold:
      count("dirtyThreshold", given.dirtyThreshold, 0, MAX_PAGES) ?? defaults.dirtyThreshold ?? 0,
    onNotConverged: oneOf("onNotConverged", given.onNotConverged, ["abort", "stop", "post-copy"]),
    onExhausted: given.onNotConverged ?? "stop",
    giveUpAfterNs: patience(given, policy, memory, Math.min(maxBandwidth, linkRate)),
    giveUpAfterRounds:
      given.maxRounds === undefined ? (defaults.giveUpAfterRounds ?? MOST_ROUNDS) : MOST_ROUNDS,
    xbzrleCacheBytes: cacheBytes(given.xbzrleCacheBytes ?? 0),
    autoConverge: given.autoConverge ? autoConverge(given.autoConverge) : null,
    order: oneOf("order", given.order, ["address", "cold-first"]),
    skipDirty: given.skipDirty ?? false,
    prepaging: oneOf("prepaging", given.prepaging ?? defaults.prepaging, [
      "bubble",
      "forward",
      "none",
    ]),
    pivots: count("pivots", given.pivots, 1, 1024) ?? 7,
    verify: given.verify ?? true,
    host: given.host ?? DEFAULT_HOST,
    serviceLevel: given.serviceLevel ?? null,
    packetLoss: share("packetLoss", given.packetLoss ?? 0),
    random: new Random(seed).fork("migration"),
    seed,
    onRound: given.onRound ?? (() => {}),
    onProgress: given.onProgress ?? (() => {}),
    signal: given.signal ?? null,
  };
}

function policyOf(policy: ConvergencePolicy | keyof typeof policies): ConvergencePolicy {
  if (typeof policy === "object") return policy;
  if (Object.hasOwn(policies, policy)) return policies[policy];
  const names = Object.keys(policies).join(", ");
  throw new InvalidOptionError("policy", policy, `a policy, or the name of one: ${names}`);
}

/** A stop condition of the caller's own replaces the default policy's, which alone would usually come first. */
function downtimeLimit(given: MigrateOptions, policy: ConvergencePolicy): Nanoseconds {
  const limit = above0("downtimeLimitMs", given.downtimeLimitMs);
  if (limit !== undefined) return fromMilliseconds(limit);
  const own = [given.maxRounds, given.maxBytes, given.dirtyThreshold];
  if (policy === policies.godwit && own.some((condition) => condition !== undefined)) return 0;
  return policy.defaults.downtimeLimitNs ?? 0;
}

function patience(
  given: MigrateOptions,
  policy: ConvergencePolicy,
  memory: Bytes,
  rate: BytesPerSecond,
): Nanoseconds {
  const limit = above0("giveUpAfterMs", given.giveUpAfterMs);
  if (limit !== undefined) return fromMilliseconds(limit);
  if (policy.defaults.giveUpAfterNs !== undefined) return policy.defaults.giveUpAfterNs;
  const copies = rate > 0 ? (PATIENCE_IN_COPIES * memory * SECOND) / rate : NEVER;
  return Math.ceil(Math.max(PATIENCE_PER_GIB * Math.max(1, memory / GIB), copies));
}

function autoConverge(given: Partial<AutoConvergeSettings>): AutoConvergeSettings {
  const settings = { ...QEMU_THROTTLE, ...given };
  share("autoConverge.initial", settings.initial);
  share("autoConverge.increment", settings.increment);
  share("autoConverge.trigger", settings.trigger);
  if (settings.max >= 0 && settings.max < 1) return settings;
  throw new InvalidOptionError("autoConverge.max", settings.max, "a share below 1");
}

function cacheBytes(bytes: Bytes): Bytes {
  const pages = bytes / PAGE_SIZE;
  if (bytes === 0 || (Number.isInteger(pages) && Number.isInteger(Math.log2(pages)))) return bytes;
  throw new InvalidOptionError("xbzrleCacheBytes", bytes, "a power of two of at least 4096 bytes");
}

function above0(option: string, value: number | undefined): number | undefined {
  if (value === undefined || value > 0) return value;
  throw new InvalidOptionError(option, value, "a number above 0");
}

function count(
  option: string,
  value: number | undefined,
  least: number,
  most: number,
): number | undefined {
  if (value === undefined) return value;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new InvalidOptionError(option, value, `a whole number, ${least} to ${most}`);
}

function share(option: string, value: Share): Share {
  if (value >= 0 && value <= 1) return value;
  throw new InvalidOptionError(option, value, "a share, 0 to 1");
}

/** The given one of some words; the first where none is given. */
function oneOf<const T extends string>(
  option: string,
  value: T | undefined,
  words: readonly [T, ...T[]],
): T {
  const word = value ?? words[0];
  if (words.includes(word)) return word;
  throw new InvalidOptionError(option, value, `one of ${words.join(", ")}`);
}
