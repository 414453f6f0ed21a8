import { InvalidOptionError, MigrationBlockedError } from "../../errors.js";
import type { DirtyBitmap } from "../../kernel/dirty-bitmap.js";
import { type Bytes, PAGE_SIZE, type PageIndex, type Share } from "../../units.js";
import { CompareLog } from "../compare-log.js";
import type { Machine, MachineConfiguration, MachineMemory, PageSource } from "../machine.js";
import { type BootedEmulator, bootEmulator, jspi } from "./booted-emulator.js";
import { Demand } from "./demand.js";
import { listenToDevices } from "./device-access.js";
import type { V86Cpu, V86Emulator, V86Exports, V86Library } from "./emulator.js";
import { ExactLog, type WriteLog } from "./exact-log.js";
import { stopClockWithGuest } from "./guest-clock.js";
import { HeldInterrupts } from "./held-interrupts.js";
import { routeInterrupts } from "./interrupt-routing.js";
import { V86_VERSION } from "./layout.js";
import { importV86, loadModule, type V86Module } from "./library.js";
import { placeLinux } from "./linux-guest.js";
import { NetworkCard } from "./network-card.js";
import { type ResolvedV86Options, resolveV86Options, type V86Options } from "./options.js";

export type { V86Guest, V86Network, V86Options } from "./options.js";

import { type FaultHook, PatchedModule } from "./patched-module.js";
import { SliceLoop } from "./slice-loop.js";
import { StateKeeper } from "./state-keeper.js";
import { startTextScreen } from "./text-screen.js";
import { V86Memory } from "./v86-memory.js";
import { warmUp, warmUpOptions } from "./warm-up.js";

/** What hears of pages to be translated; the module asks for it at each. */
interface Faults {
  hook: FaultHook | null;
}

/** Any page will do. */
const PROBED_PAGE: PageIndex = 5;

/** Name of v86 machines among the kinds of machines. */
export const V86_KIND = "v86";

/**
 * A PC: the emulator v86, made movable. Its memory is read and written in place, its devices' state is
 * saved without it, and its page walk is patched while it is loaded, so that it logs writes exactly and
 * waits for absent pages of 4 KiB, code and data alike.
 */
export class V86Machine implements Machine {
  readonly kind: string = V86_KIND;
  readonly configuration: MachineConfiguration;
  readonly memory: MachineMemory;
  readonly demand: "blocking" | "suspending" | null;
  /** How writes are found. */
  readonly log: "exact" | "compare";
  /** Why they are not found exactly; null: they are. */
  readonly whyCompared: string | null;
  /** v86's own object, for screens and keyboards. Its memory, state and switches are this machine's business. */
  readonly emulator: V86Emulator;
  readonly #cpu: V86Cpu;
  readonly #exports: V86Exports;
  readonly #memory: V86Memory;
  readonly #state: StateKeeper;
  readonly #loop: SliceLoop;
  readonly #card: NetworkCard;
  readonly #writes: WriteLog;
  readonly #patched: PatchedModule | null = null;
  readonly #interrupts: HeldInterrupts | null = null;
  readonly #faults: Faults;
  readonly #failures = new Set<(error: unknown) => void>();
  #demand: Demand | null = null;

  /**
   * A PC that stands at its first instruction.
   *
   * @throws InvalidOptionError when an option is out of range, or v86 is missing or not the version that is known.
   */
  static async create(options: V86Options): Promise<V86Machine> {
    const resolved = resolveV86Options(options);
    const library = options.library ?? (await importV86());
    const loaded = await loadModule(options.wasm, resolved.log === "exact");
    const make = (module: V86Module, wanted: ResolvedV86Options): Promise<V86Machine> =>
      V86Machine.#boot(library, module, wanted, options.screen);
    const machine = await make(loaded, resolved);
    if (options.warm) await warmUp(loaded.module, (guest) => make(loaded, warmUpOptions(guest)));
    if (machine.whyCompared !== null || (await machine.#hearsOfWalks())) return machine;
    machine.destroy();
    const plain = await loadModule(options.wasm, false);
    return make({ ...plain, unpatched: "the patched page walk is not called" }, resolved);
  }

  static async #boot(
    library: V86Library,
    { module, unpatched }: V86Module,
    wanted: ResolvedV86Options,
    screen: Record<string, unknown> | undefined,
  ): Promise<V86Machine> {
    const options: ResolvedV86Options =
      unpatched === null ? wanted : { ...wanted, log: "compare", demand: null };
    const faults: Faults = { hook: null };
    const booted = await bootEmulator(library, module, options, screen, () => faults.hook);
    const machine = new V86Machine(booted, options, faults, unpatched);
    const { guest } = options;
    if (guest === null) machine.#memory.clearLow();
    else startTextScreen(machine.#cpu);
    if (guest && "linux" in guest) {
      placeLinux(machine.#memory.bytes, guest.linux);
      routeInterrupts(machine.#cpu);
    }
    return machine;
  }

  private constructor(
    { emulator, exports }: BootedEmulator,
    options: ResolvedV86Options,
    faults: Faults,
    unpatched: string | null,
  ) {
    const { memoryBytes, vgaMemoryBytes, network } = options;
    this.emulator = emulator;
    this.#exports = exports;
    this.#faults = faults;
    this.#cpu = emulator.v86.cpu;
    this.configuration = { version: V86_VERSION, memoryBytes, vgaMemoryBytes, network };
    const isInSlice = (): boolean => this.#loop.isInSlice;
    this.#memory = new V86Memory(this.#cpu, exports, memoryBytes / PAGE_SIZE, isInSlice);
    this.memory = this.#memory;
    if (unpatched === null) {
      this.#patched = new PatchedModule(this.#cpu, exports);
      const log = new ExactLog(this.#patched, this.memory.pageCount, isInSlice);
      this.#writes = log;
      this.#listenToDevices(log);
    } else this.#writes = new CompareLog(this.memory);
    stopClockWithGuest(emulator);
    this.#state = new StateKeeper(emulator, exports, memoryBytes);
    this.demand = options.demand;
    this.log = options.log;
    this.whyCompared = unpatched;
    if (options.demand === "suspending") this.#interrupts = new HeldInterrupts(this.#cpu, exports);
    this.#loop = new SliceLoop(emulator.v86, {
      slice: this.#slice(),
      failed: (error) => this.#failed(error),
    });
    this.#card = new NetworkCard(emulator);
  }

  get isRunning(): boolean {
    return this.#loop.isRunning;
  }

  /** Instructions that were executed, modulo 2^32. */
  get instructions(): number {
    return (this.#cpu.instruction_counter[0] as number) >>> 0;
  }

  /** The network card's address; null: there is no card. */
  get mac(): Uint8Array | null {
    return this.#card.mac;
  }

  async pause(): Promise<void> {
    await this.#loop.stop();
  }

  async resume(began?: () => void): Promise<void> {
    this.#loop.start(began);
    for (const frame of this.#card.takeHeld()) this.#card.deliver(frame);
  }

  throttle(share: Share): void {
    if (!(share >= 0 && share <= 0.99)) {
      throw new InvalidOptionError("share", share, "a share of its speed, 0 to 0.99");
    }
    this.#loop.throttle(share);
  }

  startLog(): void {
    this.#writes.start();
  }

  stopLog(): void {
    this.#writes.stop();
  }

  harvest(into: DirtyBitmap): void {
    this.#writes.harvest(into);
  }

  async saveState(): Promise<Uint8Array> {
    await this.#loop.whenBetweenSlices();
    return this.#state.save({ pageCount: this.memory.pageCount, address: this.#card.address });
  }

  async loadState(state: Uint8Array): Promise<void> {
    this.#card.address = this.#state.load(state, this.memory.pageCount);
  }

  /**
   * As {@link Machine.expectPages}. A source that throws or rejects ends the guest for good, since it waits
   * amid an instruction: one whose link was cut should rather keep it waiting until there is another.
   *
   * @throws MigrationBlockedError when this machine cannot wait, or its guest uses page tables of three levels (PAE).
   */
  expectPages(absent: DirtyBitmap | null, source?: PageSource): void {
    if (this.#patched === null || this.demand === null) {
      if (absent === null) return;
      throw new MigrationBlockedError("processor", "this machine cannot wait for absent pages");
    }
    this.#demand = null;
    if (absent !== null) {
      if (!source) throw new InvalidOptionError("source", source, "where absent pages come from");
      this.#demand = new Demand(absent, source, this.#exports, this.#memory.at);
    }
    const demand = this.#demand;
    if (this.#interrupts) this.#interrupts.isHolding = demand !== null;
    const isBlocking = this.demand === "blocking";
    this.#faults.hook =
      demand && ((page) => (isBlocking ? demand.fetchForNow(page) : demand.fetchFor(page)));
    this.#patched.isFaulting = demand !== null;
    if (demand) this.#patched.forgetTranslations();
  }

  announce(): void {
    this.#card.announce();
  }

  destroy(): void {
    this.#loop.halt();
    this.#faults.hook = null;
    void this.emulator.destroy();
  }

  /** Hears of each byte that the guest writes to its first serial port; answers how to stop. */
  onSerial(listener: (byte: number) => void): () => void {
    this.emulator.add_listener("serial0-output-byte", listener as (value: never) => void);
    return () =>
      this.emulator.remove_listener("serial0-output-byte", listener as (value: never) => void);
  }

  /** Types a text, in UTF-8, at the guest's first serial port. */
  sendSerial(text: string): void {
    for (const byte of new TextEncoder().encode(text)) {
      this.emulator.bus.send("serial0-input", byte);
    }
  }

  /** Hears of each Ethernet frame that the guest sends, and of announcements; answers how to stop. */
  onFrame(listener: (frame: Uint8Array) => void): () => void {
    return this.#card.listen(listener);
  }

  /** Brings the guest an Ethernet frame; while it stands the frame waits, and after 256 such they are dropped. */
  deliverFrame(frame: Uint8Array): void {
    if (this.isRunning) this.#card.deliver(frame);
    else this.#card.hold(frame);
  }

  /** Frames that came for a guest which stands: to be sent after it where it has moved to. */
  takeHeldFrames(): Uint8Array[] {
    return this.#card.takeHeld();
  }

  /** Hears when the guest or v86 does something it cannot go on from; the machine stands then. Answers how to stop. */
  onFailure(listener: (error: unknown) => void): () => void {
    this.#failures.add(listener);
    return () => this.#failures.delete(listener);
  }

  /** The screen's text, row by row; nothing while it shows graphics that nobody draws. */
  screenText(): string[] {
    return this.emulator.screen_adapter.get_text_screen?.() ?? [];
  }

  /** Runs a slice: in one go, or so that it can be suspended. */
  #slice(): () => number | Promise<number> {
    const interrupts = this.#interrupts;
    if (interrupts === null) return () => this.#cpu.main_loop();
    const run = jspi.promising(this.#exports.main_loop);
    return async () => {
      await interrupts.release();
      const idle = await run();
      // An interrupt ends the rest that the guest takes.
      return interrupts.areWaiting ? 0 : idle;
    };
  }

  #listenToDevices(log: ExactLog): void {
    const fetch = (address: number, length: Bytes): void => {
      if (this.demand === "blocking") this.#demand?.fetchRangeNow(address, length);
      else this.#demand?.needsNow(address, length);
    };
    listenToDevices(this.#cpu, {
      beforeRead: fetch,
      beforeWrite: (address, length) => {
        fetch(address, length);
        log.add(address, length);
      },
    });
  }

  /** Whether the patch does what it should: the walk to a page is heard of. */
  async #hearsOfWalks(): Promise<boolean> {
    const patched = this.#patched as PatchedModule;
    const heard: number[] = [];
    this.#faults.hook = (page) => {
      heard.push(page);
    };
    patched.isFaulting = true;
    patched.forgetTranslations();
    const { translate_address_system_read_js: translate } = this.#exports;
    await (this.#interrupts ? jspi.promising(translate) : translate)(PROBED_PAGE * PAGE_SIZE);
    patched.isFaulting = false;
    patched.forgetTranslations();
    this.#faults.hook = null;
    return heard.join() === String(PROBED_PAGE);
  }

  #failed(error: unknown): void {
    for (const listener of this.#failures) listener(error);
  }
}
