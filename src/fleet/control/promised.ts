import type { Action, Plan } from "./plan.js";
import type { HostState, HostStatus, Snapshot, VmState } from "./snapshot.js";

/**
 * The data centre at the moment after a plan has been accepted: its moves and starts are on their way, its hosts
 * are closed, waking, asleep. What another controller is shown so that it does not plan against the first.
 */
export function promised(snapshot: Snapshot, { actions }: Pick<Plan, "actions">): Snapshot {
  if (actions.length === 0) return snapshot;
  const hosts = [...snapshot.hosts];
  const vms = new Map<number, VmState>();
  for (const action of actions) apply(snapshot, hosts, vms, action);
  let all: readonly VmState[] | null = null;
  return {
    ...snapshot,
    hosts,
    get vms() {
      all ??= snapshot.vms.map((state) => vms.get(state.vm) ?? state);
      return all;
    },
    vm: (index) => vms.get(index) ?? snapshot.vm(index),
    vmHistory: (index) => snapshot.vmHistory(index),
    violationHistory: (index) => snapshot.violationHistory(index),
    migrating: snapshot.migrating + actions.filter(({ kind }) => kind === "move").length,
  };
}

/** What an action makes of a host's status. */
const STATUS: Readonly<Record<"sleep" | "wake" | "close" | "open", HostStatus>> = {
  sleep: "asleep",
  wake: "waking",
  close: "maintenance",
  open: "on",
};

function apply(
  snapshot: Snapshot,
  hosts: HostState[],
  vms: Map<number, VmState>,
  action: Action,
): void {
  if (action.kind !== "move" && action.kind !== "start") {
    const status = STATUS[action.kind];
    change(hosts, action.host, () => ({ status, statusSinceNs: snapshot.now }));
    return;
  }
  const state = vms.get(action.vm) ?? snapshot.vm(action.vm);
  if (state === undefined) return;
  vms.set(action.vm, { ...state, isMigrating: true });
  change(hosts, action.kind === "move" ? action.to : action.on, ({ incoming, usedBytes }) => ({
    incoming: [...incoming, action.vm],
    usedBytes: usedBytes + state.memoryBytes,
    emptySinceNs: null,
  }));
  change(hosts, state.host, ({ outgoing }) => ({ outgoing: outgoing + 1 }));
}

function change(
  hosts: HostState[],
  host: number,
  part: (state: HostState) => Partial<HostState>,
): void {
  const state = hosts[host];
  if (state !== undefined) hosts[host] = { ...state, ...part(state) };
}
