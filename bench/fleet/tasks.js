import { dayOf } from "./planetlab-day.js";

/**
 * Loads what a task needs, and answers how to do it: from the definition of the data centre to the result.
 *
 * @param {object} task - See cases.js.
 * @returns {Promise<() => Promise<{ migrations: number, count: number }>>} - Migrations, and how many things
 *   of the kind that the case is counted in.
 */
export async function taskOf(task) {
  switch (task.kind) {
    case "fleet-n":
      return await fleetN(task);
    case "planetlab":
      return await planetLab(task);
    default:
      return await diurnal(task);
  }
}

/** One migration a host. VMs that stand by want no CPU. */
async function fleetN({ profile, topology, hosts, idle }) {
  const { fleetN } = await import("../../dist/fleet/scenario/fleet-n.js");
  const { simulateFleet } = await import("../../dist/fleet/run/simulate-fleet.js");
  return async () => {
    const vmsPerHost = 1 + idle / hosts;
    const { fleet } = fleetN({ hosts, topology, vmsPerHost, migrations: hosts });
    const demands = [...fleet.demands, { kind: "constant", share: 0 }];
    fleet.vms.demand.fill(demands.length - 1, hosts);
    return migrationsOf(await simulateFleet({ ...fleet, demands }, { profile }));
  };
}

/** A day by CloudSim's rules, under one policy. */
async function planetLab({ policy, hosts, vms, intervals }) {
  const { planetLabExperiment } = await import("../../dist/fleet/cloudsim/planetlab.js");
  const { simulateCloudSim } = await import("../../dist/fleet/cloudsim/simulate.js");
  const { percentages, names } = dayOf({ vms, intervals });
  return async () => {
    const experiment = planetLabExperiment(percentages, { ...(hosts && { hosts }), names });
    const durationSeconds = 300 * (intervals ?? 288);
    const { migrations } = simulateCloudSim({ ...experiment, durationSeconds, policy });
    return { migrations, count: 1 };
  };
}

/** A day of office hours, with a look at everything every five minutes. */
async function diurnal({ hosts, vms, controller }) {
  const { resolveFleet } = await import("../../dist/fleet/scenario/resolve.js");
  const { contextWithoutFleetFiles } = await import("../../dist/fleet/scenario/context.js");
  const { controllers } = await import("../../dist/fleet/control/registry.js");
  const { simulateFleet } = await import("../../dist/fleet/run/simulate-fleet.js");
  return async () => {
    const input = {
      hostTypes: { "eight-core": { like: "two-socket", cores: 8, memory: "64GiB" } },
      hosts: [{ count: hosts, type: "eight-core", rackSize: 40 }],
      network: { kind: "racks" },
      vms: [
        {
          count: vms,
          flavour: ["m1.small", "m1.medium", "m1.large"],
          demand: { low: "5%..15%", high: "30%..70%", peak: "9h..18h" },
        },
      ],
      controllers: [controller],
    };
    const { fleet, run } = resolveFleet(input, contextWithoutFleetFiles(controllers));
    const { migrations } = migrationsOf(await simulateFleet(fleet, run));
    return { migrations, count: 1 };
  };
}

/** Only those that were done count. */
function migrationsOf({ migrations }) {
  const done = migrations.filter(({ outcome }) => outcome === "completed").length;
  return { migrations: done, count: done };
}
