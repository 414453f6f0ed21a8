import { InvalidOptionError, WireFormatError } from "../../errors.js";
import type { Bytes, PageCount } from "../../units.js";
import type { Ipv4 } from "../network/ethernet.js";
import type { V86Emulator, V86Exports } from "./emulator.js";
import { V86_VERSION } from "./layout.js";
import { checkLayout } from "./self-check.js";
import {
  packState,
  readOwnState,
  type StateHead,
  unpackState,
  type V86State,
} from "./state-codec.js";
import { keepRegisters, withAddressRegisters } from "./upstream-bugs.js";

/** Saves and restores what a PC is beside its memory. */
export class StateKeeper {
  readonly #emulator: V86Emulator;
  #own: V86State | null = null;
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

  async save(head: StateHead): Promise<Uint8Array> {
    return packState(await this.#saved(), head);
  }

  /**
   * Checks and restores a state; answers the guest's IPv4 address, if it is known.
   *
   * @throws WireFormatError when it is not a state of such a machine.
   */
  async load(state: Uint8Array, pageCount: PageCount): Promise<Ipv4 | null> {
    this.#own ??= readOwnState(await this.#saved());
    const { saved, address } = unpackState(state, this.#own, pageCount);
    try {
      await withAddressRegisters(this.#emulator.v86.cpu, () =>
        this.#sparing(() => this.#emulator.restore_state(saved)),
      );
    } catch (cause) {
      throw new WireFormatError("v86 cannot take over the state", -1, { cause });
    }
    return address;
  }

  #saved(): Promise<ArrayBuffer> {
    return this.#sparing(() => this.#emulator.save_state());
  }

  /** v86 packs pages that are not zero into its states, and zeroes memory before it unpacks them. */
  #spareMemory(): void {
    const { cpu } = this.#emulator.v86;
    const { is_memory_zeroed: isZeroed, zero_memory: zero } = cpu;
    cpu.is_memory_zeroed = (address, length) =>
      this.#sparesMemory ? 1 : isZeroed(address, length);
    cpu.zero_memory = (address, length) => {
      if (!this.#sparesMemory) zero(address, length);
    };
  }

  /** What v86 does at once, although it answers a promise, without the guest's memory. */
  #sparing<Result>(act: () => Result): Result {
    this.#sparesMemory = true;
    try {
      return act();
    } finally {
      this.#sparesMemory = false;
    }
  }
}
