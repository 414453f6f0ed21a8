import type { AutoConvergeSettings } from "../policy/auto-converge.js";
import type { Bytes } from "../units.js";
import type { FieldReader } from "./field-reader.js";
import type { MigrationSpec } from "./scenario.js";

/** The switches of the migration; null where the policy or the strategy decides. */
export function resolveMigration(fields: FieldReader): MigrationSpec {
  return {
    policy: fields.choice("policy"),
    maxBandwidth: positive(fields, "maxBandwidth", fields.rateOrNull("maxBandwidth")),
    downtimeLimitNs: positive(fields, "downtimeLimit", fields.timeOrNull("downtimeLimit")),
    maxRounds: fields.countOrNull("maxRounds"),
    maxBytes: positive(fields, "maxBytes", fields.sizeOrNull("maxBytes")),
    dirtyThreshold: fields.countOrNull("dirtyThreshold"),
    onNotConverged: fields.choiceOrNull("onNotConverged"),
    giveUpAfterNs: positive(fields, "giveUpAfter", fields.timeOrNull("giveUpAfter")),
    xbzrleCacheBytes: fields.has("xbzrle") ? xbzrleCache(fields) : 0,
    autoConverge: fields.has("autoConverge") ? autoConverge(fields) : null,
    order: fields.choice("order"),
    skipDirty: fields.has("skipDirty"),
    prepaging: fields.choiceOrNull("prepaging"),
    pivots: fields.count("pivots"),
  };
}

function positive<T extends number | null>(
  fields: FieldReader,
  field: "downtimeLimit" | "maxBandwidth" | "maxBytes" | "giveUpAfter",
  value: T,
): T {
  if (value === 0) throw fields.refuse(field, "more than 0");
  return value;
}

/** QEMU's cache is a hash table of pages addressed by the low bits, so its size is a power of two. */
function xbzrleCache(fields: FieldReader): Bytes {
  const bytes = fields.size("xbzrleCache");
  const isPowerOfTwo = Number.isInteger(Math.log2(bytes));
  if (bytes >= 4096 && isPowerOfTwo) return bytes;
  throw fields.refuse("xbzrleCache", "a power of two of at least 4096 bytes, such as 64MiB");
}

function autoConverge(fields: FieldReader): AutoConvergeSettings {
  const step = (
    field: "throttleInitial" | "throttleIncrement" | "throttleMax" | "throttleTrigger",
    most: number,
  ) => {
    const share = fields.share(field);
    if (share >= 0.01 && share <= most) return share;
    throw fields.refuse(field, `a share from 1% to ${most * 100}%`);
  };
  const options = {
    // A guest throttled to a standstill would be stopped, and that is another strategy.
    initial: step("throttleInitial", 0.99),
    increment: step("throttleIncrement", 0.99),
    max: step("throttleMax", 0.99),
    trigger: step("throttleTrigger", 1),
  };
  if (options.initial > options.max) {
    throw fields.refuse(
      "throttleInitial",
      `at most ${fields.nameOf("throttleMax")} (${fields.text("throttleMax")})`,
    );
  }
  return options;
}
