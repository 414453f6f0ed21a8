/**
 * godwit: live migration of virtual machines.
 *
 * @packageDocumentation
 */
export * from "./errors.js";
export { DirtyBitmap } from "./kernel/dirty-bitmap.js";
export type { Backend } from "./kernel/load.js";
export { Lz4Block, type Lz4BlockCodec, type Lz4Options } from "./kernel/lz4-block.js";
export { PageDelta } from "./kernel/page-delta.js";
export { PageScan } from "./kernel/page-scan.js";
export type { Fault, GuestTime, Slowdown, SourceMachine, TargetMachine } from "./machine/sides.js";
export type { RunChange } from "./machine/simulated-guest.js";
export { SimulatedMachine, type SimulatedMachineOptions } from "./machine/simulated-machine.js";
export type { DeviceSpec, DiskSpec, MachineParts, NetworkSpec } from "./machine/spec.js";
export { PageStore } from "./memory/byte-memory.js";
export {
  encodeTrace,
  type RecordedTrace,
  readTrace,
  type TraceFiles,
  type TraceSnapshot,
} from "./memory/recorded-trace.js";
export type { MigrationProgress } from "./migration/migration.js";
export type { MigrationObserver, SentBand } from "./migration/observer.js";
export type {
  HostCosts,
  MigrateOptions,
  ProgressListener,
  ServiceLevel,
} from "./migration/options.js";
export type * from "./migration/report.js";
export {
  cold,
  hybrid,
  type MigrateFunction,
  postCopy,
  preCopy,
  stopAndCopy,
} from "./migration/strategies.js";
export {
  type AutoConvergeSettings,
  accountHarvest,
  type ThrottleState,
  unthrottled,
} from "./policy/auto-converge.js";
export { policies } from "./policy/policies.js";
export type * from "./policy/policy.js";
export {
  type ChannelBytes,
  type CompactOptions,
  type CompactProgress,
  type CompactReport,
  compactStream,
  type VmFingerprint,
  verifyStream,
} from "./qemu/compact.js";
export type { DeltaPotential } from "./qemu/delta-potential.js";
export type * from "./qemu/inspection.js";
export { type InspectOptions, inspectStream } from "./qemu/lazy-inspect.js";
export type { SentCell, SentKind, SentMap } from "./qemu/sent-map.js";
export {
  comparisonHtml,
  inspectionHtml,
  type MappedReport,
  reportHtml,
} from "./report/html.js";
export { reportToJson } from "./report/json.js";
export type { MapCell, PageTimeMap } from "./report/page-time-map.js";
export { type QemuStats, toQemuStats } from "./report/qemu-stats.js";
export { pageTimeMapSvg } from "./report/svg.js";
export type { ScenarioInput } from "./scenario/input.js";
export { contextWithoutFiles, type ResolveContext, resolveScenario } from "./scenario/resolve.js";
export type { Scenario } from "./scenario/scenario.js";
export type { ContentsFiles } from "./simulation/contents.js";
export type { SimulateOptions, Simulation } from "./simulation/simulate.js";
export type { Testbed, TestbedOptions } from "./simulation/testbed.js";
export { MOST_THREADS } from "./simulation/threads.js";
export * from "./units.js";
export type * from "./workload/spec.js";
export { Workload } from "./workload/workload.js";
export { type Clock, SimulatedClock } from "./world/clock.js";
export type { Link } from "./world/link.js";
export { Random } from "./world/random.js";
export { SimulatedLink, type SimulatedLinkOptions } from "./world/simulated-link.js";
