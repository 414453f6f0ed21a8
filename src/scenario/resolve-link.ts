import { InvalidOptionError } from "../errors.js";
import type { BytesPerSecond, Nanoseconds } from "../units.js";
import type { FieldReader } from "./field-reader.js";
import { parseKeyValues } from "./key-values.js";
import { LINK_PRESETS, type LinkPresetName } from "./link-presets.js";
import { parseCount, parseRate, parseTime } from "./quantities.js";
import type { LinkSpec } from "./scenario.js";

/** The link: a preset, with what the caller said otherwise. */
export function resolveLink(fields: FieldReader): LinkSpec {
  const preset = LINK_PRESETS[fields.choice<LinkPresetName>("link")];
  const loss = fields.has("loss") ? fields.share("loss") : preset.loss;
  if (loss === 1) throw fields.refuse("loss", "a share below 100%; nothing would arrive");
  const bandwidth = fields.has("bandwidth")
    ? parseBandwidth(fields)
    : [{ atNs: 0, rate: preset.rate }];
  return {
    bandwidth,
    roundTripNs: fields.has("rtt") ? fields.time("rtt") : preset.roundTripNs,
    loss,
    otherTraffic: parseOtherTraffic(fields),
    outages: parseOutages(fields),
    timeoutNs: fields.time("linkTimeout"),
  };
}

/** `10Gbit/s,1Gbit/s@30s`: rates and the instants from which they hold. */
function parseBandwidth(fields: FieldReader): LinkSpec["bandwidth"] {
  const name = fields.nameOf("bandwidth");
  let before: Nanoseconds = -1;
  return fields
    .text("bandwidth")
    .split(",")
    .map((step, index) => {
      const [rateText = "", timeText, ...rest] = step.split("@");
      const isFirst = index === 0;
      if (rest.length > 0 || (timeText === undefined) !== isFirst) {
        throw fields.refuse(
          "bandwidth",
          "a rate, then RATE@TIME after each comma, such as 10Gbit/s,1Gbit/s@30s",
        );
      }
      const rate = parsePositiveRate(name, rateText);
      const atNs = timeText === undefined ? 0 : parseTime(name, timeText);
      if (atNs <= before) throw fields.refuse("bandwidth", "times that increase from after 0s");
      before = atNs;
      return { atNs, rate };
    });
}

function parsePositiveRate(name: string, text: string): BytesPerSecond {
  const rate = parseRate(name, text);
  if (rate > 0) return rate;
  throw new InvalidOptionError(name, text, "a rate above 0; a link that goes down is an outage");
}

function parseOtherTraffic(fields: FieldReader): LinkSpec["otherTraffic"] {
  if (!fields.has("otherTraffic")) return { rate: 0, flows: 0 };
  const name = fields.nameOf("otherTraffic");
  const form = "RATE[,flows=N], such as 4Gbit/s,flows=3";
  const values = parseKeyValues(name, fields.text("otherTraffic"), {
    words: 1,
    keys: ["flows"],
    form,
  });
  const rate = parseRate(name, values.words[0]);
  return { rate, flows: parseCount(`${name} (flows)`, values.get("flows") ?? "1", 1, 1_000_000) };
}

function parseOutages(fields: FieldReader): LinkSpec["outages"] {
  const name = fields.nameOf("outage");
  const outages = fields.list("outage").map((text) => {
    const values = parseKeyValues(name, text, {
      words: 1,
      keys: ["for"],
      form: "TIME[,for=TIME], such as 3s,for=500ms",
    });
    const length = values.get("for");
    const durationNs =
      length === undefined ? Number.POSITIVE_INFINITY : parseTime(`${name} (for)`, length);
    if (durationNs === 0) throw new InvalidOptionError(`${name} (for)`, length, "a time above 0");
    return { atNs: parseTime(name, values.words[0]), durationNs };
  });
  outages.sort((a, b) => a.atNs - b.atNs);
  outages.forEach((outage, index) => {
    const before = outages[index - 1];
    if (before !== undefined && before.atNs + before.durationNs >= outage.atNs) {
      throw fields.refuse(
        "outage",
        "outages that do not overlap; after one without for= the link is gone",
      );
    }
  });
  return outages;
}
