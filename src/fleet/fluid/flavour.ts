import { InvalidOptionError, MigrationBlockedError } from "../../errors.js";
import type { CurveId, FluidCurves } from "../../kernel/fluid.js";
import type { MachineParts } from "../../machine/spec.js";
import { RAW_RECORD_BYTES, ZERO_RECORD_BYTES } from "../../memory/guest-memory.js";
import {
  type MigrateOptions,
  type MigrationOptions,
  resolveMigrationOptions,
} from "../../migration/options.js";
import type { StrategyName } from "../../migration/report.js";
import { type Bytes, type BytesPerSecond, bytesToPages, type PageCount } from "../../units.js";
import type { CurveTerm, Flavour } from "../model/flavour.js";
import { kernelTerms } from "./curve.js";

/** A kind of guest and how it is migrated. */
export interface FluidGuest {
  readonly memoryPages: PageCount;
  /** Pages that are zero before the migration; of a working set none are. */
  readonly zeroPages: PageCount;
  /** D(t) of its writes. */
  readonly curve: readonly CurveTerm[];
  readonly parts: MachineParts;
  readonly strategy: StrategyName;
  /** As of the page-exact engine; but delta compression, `cold-first` and `skipDirty` need to know single pages. */
  readonly options: MigrateOptions;
}

/** A kind of guest with everything resolved that its migrations have in common. */
export interface FluidFlavour {
  readonly strategy: StrategyName;
  readonly options: MigrationOptions;
  readonly pages: PageCount;
  readonly zeroPages: PageCount;
  /** Pages that may ever be written; they are taken to lie at the beginning of memory. */
  readonly writtenPages: PageCount;
  readonly curves: FluidCurves;
  readonly curve: CurveId;
  readonly parts: MachineParts;
  /** CPU context and device state. */
  readonly stateBytes: Bytes;
}

/**
 * Resolves a kind of guest, once for all its migrations.
 *
 * @param curves - Where its curve is kept.
 * @param linkRate - What a migration would get on an idle network; patience is counted from it.
 * @throws InvalidOptionError
 * @throws MigrationBlockedError where a device stands against migrating it live.
 */
export function fluidFlavour(
  guest: FluidGuest,
  curves: FluidCurves,
  linkRate: BytesPerSecond,
): FluidFlavour {
  const { memoryPages, zeroPages, parts, strategy } = guest;
  if (!(Number.isInteger(memoryPages) && memoryPages >= 1)) {
    throw new InvalidOptionError("memoryPages", memoryPages, "a whole number of pages, 1 or more");
  }
  if (!(zeroPages >= 0 && zeroPages <= memoryPages)) {
    throw new InvalidOptionError("zeroPages", zeroPages, `0 to ${memoryPages}`);
  }
  const options = resolveMigrationOptions(guest.options, memoryPages, linkRate);
  refusePageExact(options);
  if (strategy !== "cold" || parts.power !== "off") refuseBlockingDevices(parts);
  const terms = kernelTerms(guest.curve, memoryPages);
  const writtenPages = terms.reduce((sum, term) => sum + term.pages, 0);
  return {
    strategy,
    options,
    pages: memoryPages,
    zeroPages: Math.round(zeroPages),
    writtenPages: Math.min(memoryPages, writtenPages),
    curves,
    curve: curves.add(terms),
    parts,
    stateBytes: parts.devices.reduce((sum, d) => sum + d.stateBytes, parts.cpuStateBytes),
  };
}

/** A fleet's flavour as its migrations see it, with what belongs to it beside its memory. */
export function guestOfFlavour(
  { memoryBytes, memory, move }: Flavour,
  parts: MachineParts,
): FluidGuest {
  const memoryPages = bytesToPages(memoryBytes);
  const { zeroShare, curve } = memory;
  return {
    ...{ memoryPages, zeroPages: zeroShare * memoryPages, curve, parts },
    ...{ strategy: move.strategy, options: move.options },
  };
}

/** Page records of so many pages, some of them zero. */
export function recordBytes(pages: PageCount, zeroPages: PageCount): Bytes {
  return (pages - zeroPages) * RAW_RECORD_BYTES + zeroPages * ZERO_RECORD_BYTES;
}

function refusePageExact({ xbzrleCacheBytes, order, skipDirty }: MigrationOptions): void {
  const expected = "left out: only the page-exact engine does it";
  if (xbzrleCacheBytes > 0) {
    throw new InvalidOptionError("xbzrleCacheBytes", xbzrleCacheBytes, expected);
  }
  if (order !== "address") throw new InvalidOptionError("order", order, expected);
  if (skipDirty) throw new InvalidOptionError("skipDirty", skipDirty, expected);
}

function refuseBlockingDevices({ devices }: MachineParts): void {
  for (const { name, passthrough, failover } of devices) {
    if (!passthrough || failover) continue;
    throw new MigrationBlockedError(
      name,
      "it is assigned directly to the guest; give it a virtual stand-in (failover) or move the guest cold and powered off",
    );
  }
}
