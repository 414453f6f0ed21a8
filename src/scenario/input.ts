/** A scenario as a caller writes it: the flags' names in camelCase, values as the same text. */
export interface ScenarioInput {
  readonly $schema?: string | undefined;
  readonly strategy?: string | undefined;
  readonly policy?: string | undefined;
  readonly seed?: number | string | undefined;
  readonly memory?: string | undefined;
  readonly contents?: string | undefined;
  readonly image?: string | undefined;
  readonly zero?: number | string | undefined;
  readonly compressible?: number | string | undefined;
  readonly workload?: string | undefined;
  readonly cpuState?: string | undefined;
  readonly device?: string | readonly string[] | undefined;
  readonly passthrough?: string | readonly string[] | undefined;
  readonly disk?: string | undefined;
  readonly network?: string | undefined;
  readonly power?: string | undefined;
  readonly pause?: string | undefined;
  readonly resume?: string | undefined;
  readonly shutdown?: string | undefined;
  readonly boot?: string | undefined;
  readonly link?: string | undefined;
  readonly bandwidth?: string | undefined;
  readonly rtt?: string | undefined;
  readonly loss?: number | string | undefined;
  readonly otherTraffic?: string | undefined;
  readonly outage?: string | readonly string[] | undefined;
  readonly linkTimeout?: string | undefined;
  readonly maxBandwidth?: string | undefined;
  readonly downtimeLimit?: string | undefined;
  readonly maxRounds?: number | string | undefined;
  readonly maxBytes?: string | undefined;
  readonly dirtyThreshold?: number | string | undefined;
  readonly giveUpAfter?: string | undefined;
  readonly onNotConverged?: string | undefined;
  readonly xbzrle?: boolean | undefined;
  readonly xbzrleCache?: string | undefined;
  readonly autoConverge?: boolean | undefined;
  readonly throttleInitial?: number | string | undefined;
  readonly throttleIncrement?: number | string | undefined;
  readonly throttleMax?: number | string | undefined;
  readonly throttleTrigger?: number | string | undefined;
  readonly order?: string | undefined;
  readonly skipDirty?: boolean | undefined;
  readonly prepaging?: string | undefined;
  readonly pivots?: number | string | undefined;
  readonly cpuPerGib?: number | string | undefined;
  readonly contention?: number | string | undefined;
  readonly guestCores?: number | string | undefined;
  readonly sla?: string | undefined;
}

/** Name of a field. */
export type FieldName = Exclude<keyof ScenarioInput, "$schema">;
