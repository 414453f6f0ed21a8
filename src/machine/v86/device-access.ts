import type { Bytes } from "../../units.js";
import type { V86Cpu } from "./emulator.js";

/** Who hears of what devices do to the guest's memory, before they do it. */
export interface AccessListener {
  beforeRead(address: number, length: Bytes): void;
  beforeWrite(address: number, length: Bytes): void;
}

/**
 * Devices are JavaScript and use the guest's memory directly, past the processor's tables. These are all
 * the ways they have.
 */
export function listenToDevices(cpu: V86Cpu, listener: AccessListener): void {
  for (const [name, length] of [
    ["read8", 1],
    ["read16", 2],
    ["read32s", 4],
  ] as const) {
    const read = cpu[name];
    cpu[name] = (address) => {
      listener.beforeRead(address >>> 0, length);
      return read(address);
    };
  }
  for (const [name, length] of [
    ["write8", 1],
    ["write16", 2],
    ["write32", 4],
  ] as const) {
    const write = cpu[name];
    cpu[name] = (address, value) => {
      listener.beforeWrite(address >>> 0, length);
      write(address, value);
    };
  }
  const zero = cpu.zero_memory;
  cpu.zero_memory = (address, length) => {
    listener.beforeWrite(address, length);
    zero(address, length);
  };
  const { read_blob: readBlob, write_blob: writeBlob, mem8: memory } = cpu;
  cpu.read_blob = (address, length) => {
    listener.beforeRead(address, length);
    return readBlob.call(cpu, address, length);
  };
  cpu.write_blob = (bytes, address) => {
    listener.beforeWrite(address, bytes.length);
    writeBlob.call(cpu, bytes, address);
  };
  // Disks and the DMA controller take views of memory to read from.
  cpu.mem8 = new Proxy(memory, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (name !== "subarray") return member;
      return (from: number, to: number) => {
        listener.beforeRead(from, to - from);
        return (member as Uint8Array["subarray"])(from, to);
      };
    },
  });
}
