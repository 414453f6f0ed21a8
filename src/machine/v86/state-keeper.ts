import { InvalidOptionError, WireFormatError } from "../../errors.js";
import type { Bytes, PageCount } from "../../units.js";
import type { Ipv4 } from "../network/ethernet.js";
import type { PackedMemory, V86Emulator, V86Exports } from "./emulator.js";
import { V86_VERSION } from "./layout.js";
import { checkLayout } from "./self-check.js";
import { packState, type StateHead, unpackState } from "./state-codec.js";
import { type StateShape, shapeOf } from "./state-shape.js";
import { takeApart } from "./state-tree.js";
import { keepRegisters, withAddressRegisters } from "./upstream-bugs.js";

const NO_MEMORY: PackedMemory = {
  packed_memory: new Uint8Array(0),
  bitmap: { get_buffer: () => new ArrayBuffer(0) },
};

/** Saves and restores what a PC is beside its memory. */
export class StateKeeper {
  readonly #emulator: V86Emulator;
  #own: StateShape | null = null;
  #last = new Uint8Array(0);
  /** Whether v86 is to leave the guest's memory alone, which belongs to its states. */
  #sparesMemory = false;

  /** @throws InvalidOptionError when this v86 is not the one that is known. */
  constructor(emulator: V86Emulator, exports: V86Exports, memoryBytes: Bytes) {
    this.#emulator = emulator;
    this.#spareMemory();
    const otherwise = this.#sparing(() => checkLayout(emulator.v86.cpu, exports, memoryBytes));
    if (otherwise !== null) {
      const expected = `v86 ${V86_VERSION}: npm install v86@${V86_VERSION}`;
      throw new InvalidOptionError("v86", `one in which ${otherwise}`, expected);
    }
    keepRegisters(emulator.v86.cpu);
  }

  /** A state that is valid until the next is saved. */
  save(head: StateHead): Uint8Array {
    const { cpu } = this.#emulator.v86;
    this.#last = this.#sparing(() => packState(cpu, head, this.#last));
    return this.#last;
  }

  /**
   * Checks and restores a state; answers the guest's IPv4 address, if it is known.
   *
   * @throws WireFormatError when it is not a state of such a machine.
   */
  load(packed: Uint8Array, pageCount: PageCount): Ipv4 | null {
    const { cpu } = this.#emulator.v86;
    this.#own ??= this.#sparing(() => shapeOf(takeApart(cpu)));
    const { state, address } = unpackState(packed, this.#own, pageCount);
    try {
      withAddressRegisters(cpu, () => this.#sparing(() => cpu.set_state(state)));
    } catch (cause) {
      throw new WireFormatError("v86 cannot take over the state", -1, { cause });
    }
    return address;
  }

  /** v86 packs pages that are not zero into its states, and unpacks them from there. */
  #spareMemory(): void {
    const { cpu } = this.#emulator.v86;
    const { pack_memory: pack, unpack_memory: unpack } = cpu;
    cpu.pack_memory = () => (this.#sparesMemory ? NO_MEMORY : pack.call(cpu));
    cpu.unpack_memory = (pages, packed) => {
      if (!this.#sparesMemory) unpack.call(cpu, pages, packed);
    };
  }

  /** What v86 does, without the guest's memory. */
  #sparing<Result>(act: () => Result): Result {
    this.#sparesMemory = true;
    try {
      return act();
    } finally {
      this.#sparesMemory = false;
    }
  }
}
