import type { MachineUnderTest } from "../../../../src/machine/conformance.js";
import {
  checksumAt,
  type TestGuestOptions,
  type TestGuestReport,
  testGuest,
  testGuestReports,
} from "../../../../src/machine/v86/test-guest.js";
import { V86Machine, type V86Options } from "../../../../src/machine/v86/v86-machine.js";

/** What the guest does unless a test wants something else: all that it can. */
export const BUSY: TestGuestOptions = {
  pages: 48,
  delay: 20,
  paging: true,
  irq: true,
  exec: true,
  report: 40,
};

/** A PC whose console is listened to. */
export class Pc implements MachineUnderTest {
  readonly machine: V86Machine;
  printed = "";
  readonly #guest: TestGuestOptions;
  readonly #options: V86Options;

  constructor(machine: V86Machine, guest: TestGuestOptions, options: V86Options) {
    this.machine = machine;
    this.#guest = guest;
    this.#options = options;
    machine.onSerial((byte) => {
      this.printed += String.fromCharCode(byte);
    });
  }

  static async boot(
    guest: TestGuestOptions = BUSY,
    options: Partial<V86Options> = {},
  ): Promise<Pc> {
    const all = { memoryBytes: 8 << 20, ...options };
    const machine = await V86Machine.create({ guest: testGuest(guest), ...all });
    return new Pc(machine, guest, all);
  }

  get reports(): TestGuestReport[] {
    return testGuestReports(this.printed);
  }

  progress(): number {
    return this.reports.at(-1)?.count ?? 0;
  }

  isIntact(): boolean {
    const isRight = ({ count, checksum, bad }: TestGuestReport): boolean =>
      bad === 0 && checksum === checksumAt(count, this.#guest);
    return !this.printed.includes("BAD") && this.reports.every(isRight);
  }

  async makeEmpty(): Promise<Pc> {
    return new Pc(await V86Machine.create(this.#options), this.#guest, this.#options);
  }
}
