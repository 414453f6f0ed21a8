import { InvalidOptionError } from "../errors.js";
import type { PredictionQuestion } from "../predict/input.js";
import type { Endings, Platform } from "../predict/platforms/platform.js";
import { PLATFORMS, type PlatformName } from "../predict/platforms/platforms.js";
import { type Prediction, predict, type Quantiles } from "../predict/prediction.js";
import { formatDuration, formatShare } from "../quantity-text.js";
import { flagOf } from "./options.js";
import type { PredictionFlags } from "./prediction-flags.js";
import { drawTable } from "./tables.js";

/** Settings that a platform brings itself. */
const BROUGHT = [
  "downtimeLimit",
  "xbzrleCache",
  "autoConverge",
  "throttleInitial",
  "throttleIncrement",
  "throttleMax",
  "postCopyAfter",
  "stopFirst",
] as const;

/** Reads `--platform`: names joined by commas, or `all`. */
export function platformsNamed(text: string, flags: PredictionFlags): readonly Platform[] {
  const brought = BROUGHT.find((name) => flags[name] !== undefined);
  if (brought !== undefined) {
    const expected = "no setting that a platform brings itself beside --platform";
    throw new InvalidOptionError(flagOf(brought), flags[brought], expected);
  }
  if (text === "all") return Object.values(PLATFORMS);
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  return names.map((name) => {
    if (Object.hasOwn(PLATFORMS, name)) return PLATFORMS[name as PlatformName];
    const known = `all, or some of ${Object.keys(PLATFORMS).join(", ")}`;
    throw new InvalidOptionError("--platform", name, known);
  });
}

/** What each platform makes of the same guest. A cap that was not asked for is not one of theirs. */
export function predictPlatforms(
  { guest, settings, options }: PredictionQuestion,
  platforms: readonly Platform[],
  isCapped: boolean,
): readonly Prediction[] {
  const maxBandwidth = isCapped ? settings.maxBandwidth : Number.POSITIVE_INFINITY;
  const given = { ...settings, maxBandwidth };
  return platforms.map((platform) => predict(guest, given, { ...options, platform }));
}

/** The predictions for people: a row for each platform, then what each does and why it ends so. */
export function platformsText(
  platforms: readonly Platform[],
  predictions: readonly Prediction[],
): string {
  const rows = predictions.map((prediction) => [
    prediction.platform?.name ?? "",
    endingText(prediction.platform?.endings),
    formatShare(prediction.convergesBy.probability),
    ...[prediction.totalMs?.p50, prediction.downtimeMs?.p50, prediction.downtimeMs?.p95].map(time),
  ]);
  const head = ["platform", "ends", "in time", "total time", "downtime", "95 %"];
  const words = platforms.map(
    ({ name, does }, index) => `${name} ${does}.\n  ${sentence(predictions[index]?.because ?? "")}`,
  );
  return `${drawTable({ head, rows }, [0, 1])}\n${words.join("\n")}\n`;
}

const ENDINGS: Readonly<Record<keyof Endings, string>> = {
  switchover: "switches over",
  paused: "paused",
  postCopy: "post-copy",
  aborted: "aborted",
  unfinished: "goes on",
};

/** How runs end; the share only where they do not all end alike. */
function endingText(endings: Endings | undefined): string {
  const met = Object.entries(endings ?? {}).filter(([, share]) => share > 0);
  return met
    .map(([ending, share]) => {
      const name = ENDINGS[ending as keyof Endings];
      return share === 1 ? name : `${name} ${formatShare(share)}`;
    })
    .join(", ");
}

function time(ms: Quantiles["p50"] | undefined): string {
  return ms === undefined ? "-" : formatDuration(ms);
}

function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}
