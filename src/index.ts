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
export type { Fault, GuestTime, Machine, Slowdown, TargetMachine } from "./machine/machine.js";
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
export { checkObservation } from "./observe/check-observation.js";
export type * from "./observe/observation.js";
export { observeTrace } from "./observe/observe-trace.js";
export {
  type MigrationCounters,
  PassCurve,
  type PassPoint,
  type PassSample,
  passSample,
} from "./observe/passes.js";
export {
  type AutoConvergeSettings,
  accountHarvest,
  type ThrottleState,
  unthrottled,
} from "./policy/auto-converge.js";
export { policies } from "./policy/policies.js";
export type * from "./policy/policy.js";
export { type Advice, type AdvisedSettings, type AdviseOptions, advise } from "./predict/advise.js";
export { type DirtyCurve, dirtyCurveOf } from "./predict/equilibrium.js";
export type { Goal } from "./predict/goal.js";
export {
  guestOfObservation,
  guestOfWorkload,
  type PlacedClass,
  type PredictedGuest,
  type Range,
} from "./predict/guest.js";
export {
  type PredictionInput,
  type PredictionQuestion,
  resolvePrediction,
} from "./predict/input.js";
export type { MeasureName } from "./predict/measures.js";
export type { PageClass } from "./predict/page-class.js";
export type { Endings, Platform } from "./predict/platforms/platform.js";
export { PLATFORMS, type PlatformName } from "./predict/platforms/platforms.js";
export {
  type Prediction,
  type PredictOptions,
  predict,
  type Quantiles,
  type Verdict,
} from "./predict/prediction.js";
export type { ProfileName } from "./predict/profile.js";
export { type PredictedHosts, type PredictedSettings, TYPICAL_HOSTS } from "./predict/settings.js";
export type { Moment, Order, Steering, TimedOrder } from "./predict/steering.js";
export { BlockPages } from "./qemu/block-pages.js";
export type { ByteRange, StreamCommand } from "./qemu/commands.js";
export type { DeltaPotential } from "./qemu/delta-potential.js";
export {
  cpuRegisters,
  type DescribedDevice,
  type DeviceField,
  describeDevices,
  deviceFields,
} from "./qemu/device-fields.js";
export { inspectStream } from "./qemu/inspect.js";
export type * from "./qemu/inspection.js";
export {
  MultifdChannel,
  type MultifdInit,
  type MultifdSurroundings,
  readMultifdInit,
} from "./qemu/multifd-channel.js";
export { type MappedBlock, type RamBlock, RamBlocks } from "./qemu/ram-blocks.js";
export {
  type ChannelKind,
  decodeRecording,
  type RecordingSummary,
  readPreemptChannel,
  recogniseChannel,
} from "./qemu/recording.js";
export { type Reply, readReply } from "./qemu/return-path.js";
export type { SentCell, SentKind, SentMap } from "./qemu/sent-map.js";
export { type DecoderOptions, StreamDecoder } from "./qemu/stream-decoder.js";
export { StreamReader } from "./qemu/stream-reader.js";
export type {
  Configuration,
  DeviceSection,
  PageKind,
  PageSink,
  SectionHeader,
  StreamVisitor,
} from "./qemu/stream-visitor.js";
export { SyncBarrier } from "./qemu/sync-barrier.js";
export { type WireVariant, wireVariant } from "./qemu/variant.js";
export {
  type DeviceDescription,
  type FieldDescription,
  parseDescription,
  type StateDescription,
  type VmDescription,
} from "./qemu/vm-description.js";
export { VmImage, type VmImageOptions } from "./qemu/vm-image.js";
export { dirtyCurveSvg } from "./report/dirty-curve-svg.js";
export {
  comparisonHtml,
  inspectionHtml,
  type MappedReport,
  reportHtml,
} from "./report/html.js";
export { reportToJson } from "./report/json.js";
export type { MapCell, PageTimeMap } from "./report/page-time-map.js";
export { type QemuStats, toQemuStats } from "./report/qemu-stats.js";
export { sentMapSvg } from "./report/sent-map-svg.js";
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
