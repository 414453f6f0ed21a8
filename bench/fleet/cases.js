/**
 * A data centre to time.
 *
 * @typedef {object} FleetCase
 * @property {string} pattern
 * @property {"migrations" | "policy" | "day"} name - What is counted in.
 * @property {number} repeats - Processes that it is run in.
 * @property {object} task - What the process simulates, see child.js.
 * @property {Anchor[]} anchors
 *
 * @typedef {object} Anchor
 * @property {string} simulator - With its version.
 * @property {number} seconds - Wall time, or CPU time where it was all that was taken.
 */

const SIMGRID = "SimGrid 3.32";
const DISSECT_CF = "DISSECT-CF e4fe81d";
const CLOUDSIM = "CloudSim 3.0.3";
const CLOUDSIM_PLUS = "CloudSim Plus 8.5.7";
/** How much smaller everything but its name is in a small run. */
const SMALL_SCALE = 1 / 100;
const POLICIES = ["lr-mmt-1.2", "thr-mmt-0.8", "mad-mmt-2.5", "iqr-mc-1.5", "lr-mu-1.2", "dvfs"];

/** CloudSim Plus was measured with a static threshold too. */
const CONTROLLERS = [
  { name: "power-consolidation", overload: "thr", parameter: 0.8, emptyBelow: "30%" },
  { name: "load-balancing", above: "10%", downTo: "5%" },
];

/**
 * Every case; those of a small run are tiny.
 *
 * @param {boolean} small
 * @returns {FleetCase[]}
 */
export function fleetCases(small) {
  const repeats = small ? 1 : 5;
  return [
    ...yardsticks(small).map((one) => ({ ...one, repeats })),
    ...largest(small).map((one) => ({ ...one, repeats: small ? 1 : 3 })),
    ...days(small).map((one) => ({ ...one, repeats: small ? 1 : 3 })),
  ];
}

/** One migration a host, all at once. */
function yardsticks(small) {
  const shapes = [
    { hosts: 10_000, topology: "star", anchors: [anchor(SIMGRID, 62), anchor(DISSECT_CF, 3.4)] },
    { hosts: 10_000, topology: "bb", anchors: [anchor(SIMGRID, 130)] },
    { hosts: 3_000, topology: "racks", anchors: [anchor(SIMGRID, 98)] },
  ];
  return ["simgrid", "godwit"].flatMap((profile) =>
    shapes.map(({ hosts, topology, anchors }) => ({
      name: "migrations",
      pattern: `fleet-${hosts.toLocaleString("en")} ${topology}, profile ${profile}`,
      task: { kind: "fleet-n", profile, topology, idle: 0, ...scaled({ hosts }, small) },
      anchors: profile === "simgrid" ? anchors : [],
    })),
  );
}

/** What stands by must cost nothing, and a million VMs must fit. */
function largest(small) {
  const task = { kind: "fleet-n", profile: "simgrid", topology: "star" };
  return [
    {
      name: "migrations",
      pattern: "fleet-10,000 star, 100,000 idle VMs beside",
      task: { ...task, ...scaled({ hosts: 10_000, idle: 100_000 }, small) },
      anchors: [],
    },
    {
      name: "migrations",
      pattern: "100,000 hosts, 1,000,000 VMs, star",
      task: { ...task, ...scaled({ hosts: 100_000, idle: 900_000 }, small) },
      anchors: [],
    },
  ];
}

/** Controllers at work for 24 hours. */
function days(small) {
  const size = small ? { hosts: 20, vms: 30, intervals: 12 } : {};
  return [
    ...POLICIES.map((policy) => ({
      name: "policy",
      pattern: `PlanetLab day, ${policy}`,
      task: { kind: "planetlab", policy, ...size },
      anchors: policy === "lr-mmt-1.2" ? [anchor(CLOUDSIM, 28.8)] : [],
    })),
    ...CONTROLLERS.map((controller) => ({
      name: "day",
      pattern: `1,000 hosts, 5,000 VMs, ${controller.name}`,
      task: { kind: "diurnal", controller, ...scaled({ hosts: 1_000, vms: 5_000 }, small) },
      anchors: controller.name === "power-consolidation" ? [anchor(CLOUDSIM_PLUS, 17.1)] : [],
    })),
  ];
}

/** @returns {Anchor} */
function anchor(simulator, seconds) {
  return { simulator, seconds };
}

function scaled(sizes, small) {
  const scale = small ? SMALL_SCALE : 1;
  return Object.fromEntries(
    Object.entries(sizes).map(([name, size]) => [name, Math.round(size * scale)]),
  );
}
