import {
  type BytesPerSecond,
  MICROSECOND,
  MILLISECOND,
  type Nanoseconds,
  type Share,
} from "../units.js";

/** Rate, round trip and loss of a usual link. */
export interface LinkPreset {
  readonly rate: BytesPerSecond;
  readonly roundTripNs: Nanoseconds;
  readonly loss: Share;
}

const GBIT: BytesPerSecond = 1e9 / 8;

/**
 * Usual links. The round trips are ours, round figures: 200 us between two hosts under one switch (50 us at
 * 100 Gbit/s), 30 ms within a continent, 80 ms across an ocean with a little loss.
 */
export const LINK_PRESETS: Readonly<Record<LinkPresetName, LinkPreset>> = {
  lan: { rate: 10 * GBIT, roundTripNs: 200 * MICROSECOND, loss: 0 },
  "lan-1g": { rate: GBIT, roundTripNs: 200 * MICROSECOND, loss: 0 },
  "lan-25g": { rate: 25 * GBIT, roundTripNs: 200 * MICROSECOND, loss: 0 },
  "lan-100g": { rate: 100 * GBIT, roundTripNs: 50 * MICROSECOND, loss: 0 },
  wan: { rate: GBIT, roundTripNs: 30 * MILLISECOND, loss: 0 },
  "wan-100m": { rate: 0.1 * GBIT, roundTripNs: 80 * MILLISECOND, loss: 0.0001 },
};

/** Names of the presets. */
export type LinkPresetName = "lan" | "lan-1g" | "lan-25g" | "lan-100g" | "wan" | "wan-100m";
