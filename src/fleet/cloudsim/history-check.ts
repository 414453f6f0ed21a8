/**
 * What a rule thinks of hosts' histories, as CloudSim 3.0.3 makes them up: anew at every look, from the
 * histories of the VMs that a host has just now, so it is known at once what it would be with one more. A
 * history ends with its oldest value above zero.
 */
export interface HistoryCheck {
  /** A new look: nothing is known of any host. */
  forgetAll(): void;
  /** A host has lost a VM. */
  forget(host: number): void;
  /** A host has one VM more, now the last of its list. */
  extend(host: number, vm: number): void;
  /**
   * Whether a host is overloaded with its VMs, and with `extra` if that is a VM.
   *
   * @returns Null where the history is too short to tell.
   */
  isOverloaded(
    host: number,
    vms: readonly number[],
    extra: number,
    utilisation: number,
  ): boolean | null;
}

/** No VM. */
export const NONE = -1;
