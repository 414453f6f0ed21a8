import { InvalidOptionError } from "../errors.js";
import type { Observation } from "../observe/observation.js";
import { parseCount, parseRate, parseShare, parseSize, parseTime } from "../scenario/quantities.js";
import type { OptionNames } from "../scenario/shape.js";
import { parseWorkload, placeWorkload } from "../scenario/workload-spec.js";
import {
  bytesToPages,
  MAX_PAGES,
  type Milliseconds,
  PAGE_SIZE,
  type PageCount,
  toMilliseconds,
} from "../units.js";
import type { WorkloadSpec } from "../workload/spec.js";
import { guestOfObservation, guestOfWorkload, type PredictedGuest, type Range } from "./guest.js";
import type { PredictOptions } from "./prediction.js";
import { PROFILES, type ProfileName } from "./profile.js";
import { type PredictedHosts, type PredictedSettings, TYPICAL_HOSTS } from "./settings.js";

/** A prediction as a caller asks for it: the flags' names in camelCase, values as the same text. */
export interface PredictionInput {
  /** What was seen of the guest; or else `workload`, `memory` and `nonzeroPages`. */
  readonly observation?: Observation | undefined;
  /** How the guest writes, such as `hot-set:wss=512MiB,rate=9000/s`; `idle` for nothing. */
  readonly workload?: string | undefined;
  /** What else writes, such as `uniform:wss=8MiB,rate=40/s`. */
  readonly background?: string | undefined;
  /** The guest's RAM, such as `4GiB`. */
  readonly memory?: string | undefined;
  /** Pages that are not zero: `58990`, `58000..61000`, or several of those joined by commas. Default: all. */
  readonly nonzeroPages?: number | string | undefined;
  /** `max-bandwidth`, such as `1Gbit/s`. Default: QEMU's, 128 MiB/s. */
  readonly bandwidth?: string | undefined;
  /** `downtime-limit`: `300ms`, or a number of ms. Default: QEMU's, 300 ms. */
  readonly downtimeLimit?: number | string | undefined;
  readonly profile?: string | undefined;
  /** `xbzrle-cache-size`; without it no XBZRLE. */
  readonly xbzrleCache?: string | undefined;
  readonly autoConverge?: boolean | undefined;
  readonly throttleInitial?: number | string | undefined;
  readonly throttleIncrement?: number | string | undefined;
  readonly throttleMax?: number | string | undefined;
  /** When `migrate-start-postcopy` is sent, such as `10s`. */
  readonly postCopyAfter?: string | undefined;
  /** Whether the guest is stopped first. */
  readonly stopFirst?: boolean | undefined;
  /** When it must be over, such as `60s`. */
  readonly deadline?: string | undefined;
  readonly runs?: number | string | undefined;
  readonly seed?: number | string | undefined;
  /** What the link carries beyond the cap, such as `10Gbit/s`. */
  readonly link?: string | undefined;
  readonly rtt?: string | undefined;
  /** `kvm` or `tcg`. */
  readonly accelerator?: string | undefined;
  /** A throttled guest catches up with so much of the clock, such as `50ms`; `none`: it does as much less as it runs less. */
  readonly catchUp?: string | undefined;
  /** Most that one thread of QEMU sends, such as `2GB/s`. */
  readonly copyBandwidth?: string | undefined;
  /** Time until the target has a page that it never touched, such as `2500ns`. */
  readonly freshPage?: string | undefined;
}

/** A prediction's question in the library's quantities. */
export interface PredictionQuestion {
  readonly guest: PredictedGuest;
  readonly settings: PredictedSettings;
  readonly options: Required<Omit<PredictOptions, "platform" | "seen">> & {
    readonly hosts: PredictedHosts;
  };
}

/** QEMU's defaults (migration/options.c): max-bandwidth, downtime-limit, throttle steps. */
const DEFAULTS = {
  bandwidth: 134_217_728,
  downtimeLimit: 300,
  throttleInitial: "20%",
  throttleIncrement: "10%",
  throttleMax: "99%",
  runs: 400,
  seed: 1,
} as const;
const MOST_RUNS = 100_000;
/** QEMU's own limit of `downtime-limit`. */
const MOST_DOWNTIME_MS = 2_000_000;

/**
 * Reads what a caller asks.
 *
 * @param nameOf - Names an option in errors as the caller wrote it.
 * @throws InvalidOptionError for what is missing, impossible or contradictory.
 */
export function resolvePrediction(
  input: PredictionInput,
  nameOf: OptionNames = (field) => field,
): PredictionQuestion {
  const hosts = hostsOf(input, nameOf);
  const settings = settingsOf(input, nameOf);
  const { runs = DEFAULTS.runs, seed = DEFAULTS.seed, deadline } = input;
  return {
    guest: guestOf(input, nameOf),
    settings,
    options: {
      runs: parseCount(nameOf("runs"), runs, 1, MOST_RUNS),
      seed: parseCount(nameOf("seed"), seed, 0, 2 ** 32 - 1),
      deadlineMs: deadline === undefined ? null : positiveMs(nameOf("deadline"), deadline),
      hosts: { ...hosts, linkBandwidth: linkOf(input, settings, nameOf) },
    },
  };
}

function settingsOf(input: PredictionInput, nameOf: OptionNames): PredictedSettings {
  refuseContradictions(input, nameOf);
  const { bandwidth, xbzrleCache, postCopyAfter, downtimeLimit, profile = "qemu-7.2" } = input;
  if (!Object.hasOwn(PROFILES, profile)) {
    const known = `one of ${Object.keys(PROFILES).join(", ")}`;
    throw new InvalidOptionError(nameOf("profile"), profile, known);
  }
  return {
    profile: profile as ProfileName,
    maxBandwidth:
      bandwidth === undefined ? DEFAULTS.bandwidth : positiveRate(nameOf("bandwidth"), bandwidth),
    downtimeLimitMs:
      downtimeLimit === undefined
        ? DEFAULTS.downtimeLimit
        : parseDowntime(nameOf("downtimeLimit"), downtimeLimit),
    xbzrleCacheBytes:
      xbzrleCache === undefined ? null : parseCache(nameOf("xbzrleCache"), xbzrleCache),
    autoConverge: input.autoConverge ? throttleOf(input, nameOf) : null,
    postCopyAfterMs:
      postCopyAfter === undefined
        ? null
        : toMilliseconds(parseTime(nameOf("postCopyAfter"), postCopyAfter)),
    stopFirst: input.stopFirst ?? false,
  };
}

function throttleOf(
  input: PredictionInput,
  nameOf: OptionNames,
): NonNullable<PredictedSettings["autoConverge"]> {
  const share = (name: "throttleInitial" | "throttleIncrement" | "throttleMax"): number => {
    const value = input[name] ?? DEFAULTS[name];
    const parsed = parseShare(nameOf(name), value);
    if (parsed >= 0.01 && parsed <= 0.99) return parsed;
    throw new InvalidOptionError(nameOf(name), value, "1% to 99%");
  };
  const initial = share("throttleInitial");
  const max = share("throttleMax");
  if (max < initial) {
    const least = input.throttleInitial ?? DEFAULTS.throttleInitial;
    const expected = `at least ${nameOf("throttleInitial")}, ${least}, as QEMU does`;
    throw new InvalidOptionError(nameOf("throttleMax"), input.throttleMax, expected);
  }
  return {
    initial,
    increment: share("throttleIncrement"),
    max,
    // QEMU's throttle-trigger-threshold.
    trigger: 0.5,
  };
}

function refuseContradictions(input: PredictionInput, nameOf: OptionNames): void {
  const refuse = (field: keyof PredictionInput, expected: string): never => {
    throw new InvalidOptionError(nameOf(field), input[field], expected);
  };
  const throttles = ["throttleInitial", "throttleIncrement", "throttleMax"] as const;
  const throttle = throttles.find((name) => input[name] !== undefined);
  if (throttle && !input.autoConverge) refuse(throttle, `${nameOf("autoConverge")} with it`);
  if (input.stopFirst && input.postCopyAfter !== undefined) {
    refuse("postCopyAfter", `no ${nameOf("stopFirst")}: a stopped guest needs no post-copy`);
  }
}

function guestOf(input: PredictionInput, nameOf: OptionNames): PredictedGuest {
  if (input.observation !== undefined) {
    const described = ["workload", "background", "memory", "nonzeroPages"] as const;
    const twice = described.find((name) => input[name] !== undefined);
    if (twice === undefined) return guestOfObservation(input.observation);
    const expected = "no description of the guest beside an observation of it";
    throw new InvalidOptionError(nameOf(twice), input[twice], expected);
  }
  const { workload, background = "idle", memory, nonzeroPages } = input;
  if (workload === undefined || memory === undefined) {
    const missing = workload === undefined ? "workload" : "memory";
    const expected = `${nameOf("observation")}, or ${nameOf("workload")} and ${nameOf("memory")}`;
    throw new InvalidOptionError(nameOf(missing), undefined, expected);
  }
  const totalPages = bytesToPages(parseSize(nameOf("memory"), memory));
  if (totalPages < 1 || totalPages > MAX_PAGES) {
    throw new InvalidOptionError(nameOf("memory"), memory, "a size from 4KiB to 16TiB");
  }
  const ranges =
    nonzeroPages === undefined
      ? [{ from: totalPages, to: totalPages }]
      : parsePageRanges(nameOf("nonzeroPages"), nonzeroPages, totalPages);
  const specs = [
    ...readWorkload("workload", workload, nameOf),
    ...readWorkload("background", background, nameOf),
  ];
  const placed = placeWorkload(nameOf("workload"), specs, totalPages);
  return guestOfWorkload(placed, { totalPages, nonzeroPages: ranges });
}

function readWorkload(
  field: "workload" | "background",
  text: string,
  nameOf: OptionNames,
): WorkloadSpec[] {
  const unread = (): never => {
    const expected = "uniform, sequential, hot-set or idle; observe anything else first";
    throw new InvalidOptionError(nameOf(field), text, expected);
  };
  return parseWorkload(text, { option: nameOf(field), readPhases: unread, locate: unread });
}

function parsePageRanges(option: string, value: number | string, most: PageCount): Range[] {
  return String(value)
    .split(",")
    .map((part) => {
      const [low = "", high = low, ...more] = part.trim().split("..");
      if (more.length > 0) {
        throw new InvalidOptionError(option, value, "N, N..M, or several of them joined by commas");
      }
      const from = parseCount(option, low, 0, most);
      return { from, to: parseCount(option, high, from, most) };
    });
}

function parseDowntime(option: string, value: number | string): Milliseconds {
  const isPlain = typeof value === "number" || /^\d+(\.\d+)?$/.test(value);
  const ms = isPlain ? Number(value) : toMilliseconds(parseTime(option, value));
  if (ms >= 0 && ms <= MOST_DOWNTIME_MS) return ms;
  throw new InvalidOptionError(
    option,
    value,
    `a time up to ${MOST_DOWNTIME_MS} ms, QEMU's own limit`,
  );
}

function parseCache(option: string, value: string): number {
  const bytes = parseSize(option, value);
  if (bytes >= PAGE_SIZE && Number.isInteger(Math.log2(bytes))) return bytes;
  throw new InvalidOptionError(option, value, "a power of two from 4KiB on, such as 64MiB");
}

function positiveRate(option: string, value: string): number {
  const rate = parseRate(option, value);
  if (rate > 0) return rate;
  throw new InvalidOptionError(option, value, "a rate above 0");
}

function positiveMs(option: string, value: string): Milliseconds {
  const ms = toMilliseconds(parseTime(option, value));
  if (ms > 0) return ms;
  throw new InvalidOptionError(option, value, "a time above 0");
}

function linkOf(
  { link }: PredictionInput,
  { maxBandwidth }: PredictedSettings,
  nameOf: OptionNames,
): number {
  // A cap above what links are by default means a faster link.
  return link === undefined
    ? Math.max(TYPICAL_HOSTS.linkBandwidth, maxBandwidth)
    : positiveRate(nameOf("link"), link);
}

function hostsOf(input: PredictionInput, nameOf: OptionNames): PredictedHosts {
  const { accelerator = TYPICAL_HOSTS.accelerator, rtt, catchUp, copyBandwidth, freshPage } = input;
  if (accelerator !== "kvm" && accelerator !== "tcg") {
    throw new InvalidOptionError(nameOf("accelerator"), accelerator, "kvm or tcg");
  }
  const ms = (field: "rtt" | "catchUp" | "freshPage", text: string): Milliseconds =>
    toMilliseconds(parseTime(nameOf(field), text));
  return {
    ...TYPICAL_HOSTS,
    accelerator,
    ...(rtt === undefined ? {} : { rttMs: ms("rtt", rtt) }),
    ...(catchUp === undefined
      ? {}
      : { catchUpMs: catchUp === "none" ? null : ms("catchUp", catchUp) }),
    ...(freshPage === undefined ? {} : { freshPageMs: positiveMs(nameOf("freshPage"), freshPage) }),
    ...(copyBandwidth === undefined
      ? {}
      : { copyBandwidth: positiveRate(nameOf("copyBandwidth"), copyBandwidth) }),
  };
}
