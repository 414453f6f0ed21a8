/** What godwit uses of v86. Its own types do not say the half of it, and users need not have them. */

/** The module `v86`. */
export interface V86Library {
  readonly V86: new (options: Record<string, unknown>) => V86Emulator;
}

/** A typed array over v86's memory: memory may move when it grows, so v86 makes one at each use. */
export type WordView = Int32Array | Uint32Array | Uint16Array;

/** v86's emulator object. */
export interface V86Emulator {
  readonly v86: V86Runner;
  readonly bus: V86Bus;
  /** The other end of the bus: what is sent here arrives at listeners, as from a device. */
  readonly emulator_bus: V86Bus;
  readonly screen_adapter: { get_text_screen?(): string[] };
  add_listener(event: string, listener: (value: never) => void): void;
  remove_listener(event: string, listener: (value: never) => void): void;
  destroy(): Promise<void>;
}

/** Messages between devices and what stands for the world outside. */
export interface V86Bus {
  send(event: string, value?: unknown): void;
}

/** Runs the processor slice by slice. */
export interface V86Runner {
  readonly cpu: V86Cpu;
  running: boolean;
  stopping: boolean;
  idle: boolean;
  tick_counter: number;
  readonly bus: V86Bus;
  run(): void;
  /** Runs a slice, and plans the next. */
  do_tick(): void;
  /** Plans the next slice in so many milliseconds, instead of what was planned. */
  next_tick(delayMs: number): void;
  /** Calls back `yield_callback(tick)` after some milliseconds. */
  yield(delayMs: number, tick: number): void;
  /** Runs the slice that was planned, unless another has been planned since. */
  yield_callback(tick: number): void;
}

/** The processor, and through it the devices. */
export interface V86Cpu {
  readonly devices: V86Devices;
  readonly io: { port_write8(port: number, value: number): void };
  readonly wasm_memory: WebAssembly.Memory;
  readonly memory_size: Uint32Array;
  mem8: Uint8Array;
  readonly cr: Int32Array;
  readonly instruction_counter: Uint32Array;
  last_result: WordView;
  fpu_status_word: WordView;
  mxcsr: WordView;
  /** The counter of time as last stored, low word first. */
  readonly current_tsc: Uint32Array;
  set_tsc(low: number, high: number): void;
  store_current_tsc(): void;
  main_loop(): number;
  full_clear_tlb(): void;
  jit_dirty_cache(start: number, end: number): void;
  zero_memory(address: number, length: number): void;
  pack_memory(): PackedMemory;
  unpack_memory(pages: unknown, packed: Uint8Array): void;
  device_raise_irq(interrupt: number): void;
  device_lower_irq(interrupt: number): void;
  read8(address: number): number;
  read16(address: number): number;
  read32s(address: number): number;
  write8(address: number, value: number): void;
  write16(address: number, value: number): void;
  write32(address: number, value: number): void;
  read_blob(address: number, length: number): Uint8Array;
  write_blob(bytes: Uint8Array, address: number): void;
  get_state(): unknown[];
  /** Takes a state over; typed arrays in it may be kept. */
  set_state(state: unknown[]): void;
}

/** Pages of the guest that are not zero, and which these are. */
export interface PackedMemory {
  readonly packed_memory: Uint8Array;
  readonly bitmap: { get_buffer(): ArrayBuffer };
}

/** Devices that godwit looks into. */
export interface V86Devices {
  readonly pci: {
    readonly devices: readonly ({ readonly pci_bars: unknown[] } | undefined)[];
    readonly isa_bridge_space8: Uint8Array;
    readonly device_spaces: readonly (Int32Array | undefined)[];
  };
  readonly net?: { readonly mac: Uint8Array };
  readonly virtio_net?: { readonly mac: Uint8Array };
}

/** What the module exports, as far as godwit calls it itself. */
export interface V86Exports {
  readonly memory: WebAssembly.Memory;
  v86_malloc(bytes: number): number;
  translate_address_system_read_js(address: number): number;
  main_loop(): number;
  device_raise_irq(interrupt: number): void;
  device_lower_irq(interrupt: number): void;
}
