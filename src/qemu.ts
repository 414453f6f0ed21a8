/**
 * QEMU's migration stream: what reads and writes it, part by part. An entry of its own, `godwit/qemu`, so that a page
 * that only simulates does without.
 *
 * @packageDocumentation
 */
export { BlockPages } from "./qemu/block-pages.js";
export type { ByteRange, StreamCommand } from "./qemu/commands.js";
export {
  cpuRegisters,
  type DescribedDevice,
  type DeviceField,
  describeDevices,
  deviceFields,
} from "./qemu/device-fields.js";
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
export { ReplyWriter } from "./qemu/reply-writer.js";
export { type Reply, readReply } from "./qemu/return-path.js";
export { RoundsWriter, type RoundsWriterOptions } from "./qemu/rounds-writer.js";
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
export { type BlockRow, type SectionName, StreamWriter } from "./qemu/stream-writer.js";
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
export { type WrittenPages, writeVm } from "./qemu/vm-writer.js";
export { type OtherSections, WholeVm } from "./qemu/whole-vm.js";
export { sentMapSvg } from "./report/sent-map-svg.js";
