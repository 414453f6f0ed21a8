import { DRAIN_ORDERS } from "./drain-plan.js";
import { OVERLOAD_RULES } from "./overload.js";
import { placements } from "./placement.js";
import { SELECTION_RULES } from "./selection.js";
import type { Setting, SettingTable } from "./settings.js";

/** Most controllers say how long a VM rests after a move. */
const REST: Setting = {
  kind: "time",
  default: "10m",
  text: "how long a VM stays where it is after a move",
  source: "two looks at the usual interval of 5 minutes",
};

const MAY_WAKE: Setting = {
  kind: "switch",
  default: true,
  text: "whether sleeping hosts are woken where there is no room otherwise",
  source: "being up comes before saving power",
};

const PLACEMENT: Setting = {
  kind: "choice",
  default: "best-fit",
  choices: Object.keys(placements),
  text: "how a target is found",
  source: "leaves large gaps for large VMs",
};

/** Settings of load balancing. */
export const LOAD_BALANCING: SettingTable = {
  above: {
    kind: "share",
    default: "10%",
    text: "standard deviation of the hosts' utilisation above which something is done",
    source: "OpenStack Watcher, workload_stabilization: 0.1 for the CPU",
  },
  downTo: {
    kind: "share",
    default: "5%",
    text: "and down to which it is done",
    source: "half of where it begins",
  },
  fill: {
    kind: "fill",
    default: "90%",
    text: "utilisation to which a target may be filled",
    source: "a tenth for peaks between two looks",
  },
  maxMoves: {
    kind: "count",
    default: 100,
    text: "moves of one look, at most",
    source: "a bound, rarely met",
  },
  rest: REST,
};

/** Settings of hot spots. */
export const HOT_SPOTS: SettingTable = {
  above: {
    kind: "share",
    default: "80%",
    text: "utilisation above which a host is too hot",
    source: "the static threshold of Beloglazov and Buyya (2012)",
  },
  downTo: {
    kind: "share",
    default: "70%",
    text: "and down to which VMs leave it; targets are filled no further",
    source: "a tenth below, so that VMs do not go to and fro",
  },
  looks: {
    kind: "count",
    default: 2,
    text: "looks in a row that a host must have been too hot",
    source: "one look may be a peak",
  },
  rest: REST,
};

/** Settings of drains. */
export const DRAIN: SettingTable = {
  hosts: {
    kind: "names",
    default: "all",
    text: "hosts to empty, in this order",
    source: "a rolling update",
  },
  start: { kind: "time", default: "0s", text: "when it begins", source: "at once" },
  service: {
    kind: "time",
    default: "10m",
    text: "how long a host stays out of service once it is empty",
    source: "an update and a restart of a server",
  },
  deadline: {
    kind: "time",
    default: null,
    text: "how long emptying one host may take",
    source: "KubeVirt and Nova set none for a host",
  },
  ifLate: {
    kind: "choice",
    choices: ["wait", "skip"],
    default: "wait",
    text: "what becomes of a host that is not empty by then",
    source: "a drained node waits for its last pod",
  },
  atOnce: {
    kind: "count",
    default: 1,
    text: "hosts out of service at once, at most",
    source: "least capacity is missing",
  },
  order: {
    kind: "choice",
    choices: DRAIN_ORDERS,
    default: "smallest-first",
    text: "in which order VMs leave",
    source: "most VMs are safe soonest",
  },
  placement: PLACEMENT,
  ifNotConverging: {
    kind: "choice",
    choices: ["refuse", "post-copy", "stop-and-copy"],
    default: "refuse",
    text: "what becomes of a VM that dirties memory faster than it can be sent",
    source: "KubeVirt's allowPostCopy and Nova's live_migration_permit_post_copy are off",
  },
  mayWake: MAY_WAKE,
};

/** Settings of service quality. */
export const SERVICE_QUALITY: SettingTable = {
  looks: {
    kind: "count",
    default: 3,
    text: "looks in a row in which a VM must have got less than its contract promises",
    source: "a quarter of an hour at the usual interval of 5 minutes",
  },
  poorSite: {
    kind: "share",
    default: "50%",
    text: "share of a site's VMs that suffer above which moving within it is of no use",
    source: "when most suffer it is not their hosts' doing",
  },
  fill: {
    kind: "fill",
    default: "90%",
    text: "utilisation to which a target may be filled",
    source: "a tenth for peaks between two looks",
  },
  horizon: {
    kind: "time",
    default: "24h",
    text: "time over which what staying costs is held against what moving costs",
    source: "demand repeats itself daily",
  },
  rest: REST,
};

/** Settings of fault tolerance. */
export const FAULT_TOLERANCE: SettingTable = {
  reserve: {
    kind: "share",
    default: "10%",
    text: "share of the time before a failure that is kept as a reserve",
    source: "about what estimates of migrations are off by",
  },
  mayStop: {
    kind: "switch",
    default: true,
    text: "whether a VM that is too slow to move live is stopped for it",
    source: "a pause is better than a loss",
  },
  restarts: {
    kind: "switch",
    default: true,
    text: "whether VMs that run nowhere are started again",
    source: "what high availability means in Nova, oVirt and vSphere",
  },
  placement: PLACEMENT,
  mayWake: MAY_WAKE,
};

/** Settings of power consolidation. */
export const POWER_CONSOLIDATION: SettingTable = {
  overload: {
    kind: "choice",
    choices: OVERLOAD_RULES,
    default: "lr",
    text: "how it is found that a host has too much to do",
    source: "the best of Beloglazov and Buyya (2012)",
  },
  parameter: {
    kind: "number",
    default: 1.2,
    text: "the threshold of thr (0.8), or the safety of mad (2.5), iqr (1.5), lr and lrr (1.2)",
    source: "the best of Beloglazov and Buyya (2012) for lr",
  },
  selection: {
    kind: "choice",
    choices: SELECTION_RULES,
    default: "mmt",
    text: "which VM leaves such a host: least time to migrate, least use, at random, most correlated",
    source: "the best of Beloglazov and Buyya (2012)",
  },
  emptyBelow: {
    kind: "fill",
    default: "100%",
    text: "utilisation below which a host may be emptied",
    source: "any, as in the paper",
  },
  maxTrials: {
    kind: "count",
    default: null,
    text: "how many hosts it is tried to empty at a look; null: all",
    source: "all, as in the paper",
  },
  sleepAfter: {
    kind: "time",
    default: "0s",
    text: "how long a host stays on once it is empty",
    source: "at once, as in the paper",
  },
  spareHosts: {
    kind: "count",
    least: 0,
    default: 0,
    text: "empty hosts that are kept on for what may come",
    source: "none, as in the paper",
  },
  rest: REST,
  seed: {
    kind: "count",
    default: 1,
    text: "for selection at random",
    source: "any number does",
  },
};
