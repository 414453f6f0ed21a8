import { expect, test } from "vitest";
import { folderOrder } from "../../../../src/fleet/cloudsim/folder-order.js";
import { planetLabExperiment } from "../../../../src/fleet/cloudsim/planetlab.js";
import { cloudSimPolicy, cloudSimPolicyName } from "../../../../src/fleet/cloudsim/policy.js";

test("a quarter of the VMs is of each type, hosts are of both types in turn", () => {
  const { vms, hosts } = planetLabExperiment(new Array<number[]>(10).fill([50]), { hosts: 5 });
  expect([...Array.from(vms)]).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3]);
  expect([...Array.from(hosts)]).toEqual([0, 1, 0, 1, 0]);
});

test("names put traces into the order in which ext4 lists a folder", () => {
  // As `ls -U` lists these files on an ext4 volume without a hash seed.
  const listed =
    "b a-name-that-is-longer-than-thirty-two-bytes-by-far trace-02 another-name-of-exactly-32-bytes c VM0 a node1_example_org_slice node2_example_org_slice trace-01".split(
      " ",
    );
  expect(folderOrder([...listed].sort()).map((index) => [...listed].sort()[index])).toEqual(listed);
  const rows = listed.map((_, row) => [row]);
  const { utilisation } = planetLabExperiment(rows.toReversed(), { names: listed.toReversed() });
  expect(Array.from(utilisation, (trace) => Math.round((trace[0] ?? 0) * 100))).toEqual(
    listed.map((_, row) => row),
  );
});

test("names and traces must match", () => {
  expect(() => planetLabExperiment([[1]], { names: [] })).toThrow(/names/);
  expect(() => planetLabExperiment([[1]], { hosts: 0 })).toThrow(/hosts/);
});

test("policies have the names of the paper", () => {
  expect(cloudSimPolicy("lr-mmt-1.2")).toEqual({
    kind: "consolidation",
    overload: { rule: "lr", parameter: 1.2 },
    selection: "mmt",
  });
  expect(cloudSimPolicy("thr_mu_0.8")).toEqual(cloudSimPolicy("thr-mu"));
  for (const name of ["npa", "dvfs", "mad-mc-2.5", "iqr-rs-1.5", "lrr-mmt-1.3"]) {
    expect(cloudSimPolicyName(cloudSimPolicy(name))).toBe(name);
  }
});
