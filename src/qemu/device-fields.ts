import type { Bytes } from "../units.js";
import type { DeviceSection } from "./stream-visitor.js";
import type {
  DeviceDescription,
  FieldDescription,
  StateDescription,
  VmDescription,
} from "./vm-description.js";

/** A device's section beside what the stream's description says of it. */
export interface DescribedDevice {
  readonly section: DeviceSection;
  /** Null where the stream does not describe it. */
  readonly description: DeviceDescription | null;
  /** Bytes that the description makes of it: those of the body, or else the two do not belong together. */
  readonly describedBytes: Bytes | null;
}

/** Pairs the sections with their descriptions; those come in the same order, by name and instance. */
export function describeDevices(
  sections: readonly DeviceSection[],
  description: VmDescription | null,
): DescribedDevice[] {
  const byKey = new Map<string, DeviceDescription>();
  for (const device of description?.devices ?? []) byKey.set(keyOf(device), device);
  return sections.map((section) => {
    const found = byKey.get(keyOf(section)) ?? null;
    return {
      section,
      description: found,
      describedBytes: found === null ? null : stateSize(found),
    };
  });
}

function keyOf({ name, instanceId }: { name: string; instanceId: number }): string {
  return `${instanceId}:${name}`;
}

/** Bytes of a structure with its subsections. */
export function stateSize({ fields, subsections }: StateDescription): Bytes {
  let bytes = 0;
  for (const { size, count } of fields) bytes += size * count;
  for (const one of subsections) bytes += subsectionHead(one) + stateSize(one);
  return bytes;
}

/** A byte, the name with its length, the version. */
function subsectionHead({ vmsdName }: StateDescription): Bytes {
  return 1 + 1 + vmsdName.length + 4;
}

/** A field's bytes in a device's state. */
export interface DeviceField {
  /** Names from the outside in, such as `env.segs[1].base`. */
  readonly path: string;
  readonly type: string;
  /** Big-endian. */
  readonly bytes: Uint8Array;
}

/**
 * The fields of a device's state that have no parts of their own, in their order; an array of numbers is
 * one field. They end early where the state does.
 */
export function* deviceFields(device: DescribedDevice): Generator<DeviceField> {
  if (device.description !== null) yield* fieldsOf(device.description, "", device.section.body, 0);
}

function* fieldsOf(
  state: StateDescription,
  prefix: string,
  body: Uint8Array,
  start: number,
): Generator<DeviceField> {
  let at = start;
  for (const field of state.fields) {
    if (at > body.length) return;
    if (field.struct === null) {
      const end = at + field.size * field.count;
      if (end > body.length) return;
      yield { path: prefix + field.name, type: field.type, bytes: body.subarray(at, end) };
    } else {
      yield* elementsOf(field, field.struct, prefix, body, at);
    }
    at += field.size * field.count;
  }
  for (const one of state.subsections) {
    at += subsectionHead(one);
    yield* fieldsOf(one, `${one.vmsdName}.`, body, at);
    at += stateSize(one);
  }
}

function* elementsOf(
  field: FieldDescription,
  struct: StateDescription,
  prefix: string,
  body: Uint8Array,
  start: number,
): Generator<DeviceField> {
  for (let i = 0; i < field.count; i++) {
    const at = start + i * field.size;
    // A description may claim more elements than there are bytes.
    if (field.size === 0 || at >= body.length) return;
    const index = field.index ?? (field.count > 1 ? i : null);
    const name = index === null ? field.name : `${field.name}[${index}]`;
    yield* fieldsOf(struct, `${prefix}${name}.`, body, at);
  }
}

/** The sixteen general registers of x86-64, in the order of `env.regs`. */
const GENERAL = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");
const NAMED: Readonly<Record<string, string>> = {
  "env.eip": "rip",
  "env.eflags": "rflags",
  "env.cr[0]": "cr0",
  "env.cr[2]": "cr2",
  "env.cr[3]": "cr3",
  "env.cr[4]": "cr4",
  "env.efer": "efer",
  "env.segs[1].selector": "cs",
  "env.segs[1].base": "csBase",
  "env.segs[4].base": "fsBase",
  "env.segs[5].base": "gsBase",
};

/**
 * The registers of an x86 processor by name: the general ones, `rip`, `rflags`, control registers.
 *
 * @returns Null for a device that is no `cpu`, or whose state is not described.
 */
export function cpuRegisters(device: DescribedDevice): Record<string, bigint> | null {
  if (device.section.name !== "cpu" || device.description === null) return null;
  const registers: Record<string, bigint> = {};
  for (const { path, bytes } of deviceFields(device)) {
    const name = NAMED[path];
    if (name !== undefined) registers[name] = bigEndian(bytes);
    if (path !== "env.regs") continue;
    const size = bytes.length / GENERAL.length;
    for (const [i, general] of GENERAL.entries()) {
      registers[general] = bigEndian(bytes.subarray(i * size, (i + 1) * size));
    }
  }
  return registers;
}

function bigEndian(bytes: Uint8Array): bigint {
  let number = 0n;
  for (const byte of bytes) number = number * 256n + BigInt(byte);
  return number;
}
