import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FlowNetwork } from "../../src/fleet/network/flow-network.js";
import { buildTopology } from "../../src/fleet/network/topology.js";
import { referenceData } from "../reference-data.js";
import { hosts } from "../unit/fleet/network/hosts.js";

const folder = join(referenceData ?? "", "simulators");
const FILES = [16, 100].map((count) => `contention_N${count}_bb_s0_CM02_c2.csv`);
const CAP = 6.25e8;
const SECOND = 1e9;
const LATENCY = 110_000;

interface Move {
  readonly ram: number;
  readonly dirtyRate: number;
  readonly startNs: number;
  stage: "push" | "stopped";
  bytes: number;
  beganNs: number;
  totalNs: number;
  downtimeNs: number;
}

/** SimGrid's recurrence: what was written meanwhile is sent next, until it fits 30 ms of the last bandwidth. */
function goOn(move: Move, now: number): void {
  const seconds = (now - move.beganNs) / SECOND;
  if (move.stage === "stopped") {
    move.downtimeNs = now - move.beganNs;
    move.totalNs = now + LATENCY - move.startNs;
    return;
  }
  const dirty = Math.min(Math.floor(seconds * move.dirtyRate), move.ram / 2);
  if (dirty <= Math.floor((move.bytes / seconds) * 0.03)) move.stage = "stopped";
  move.bytes = dirty;
  move.beganNs = now;
}

/** All VMs move at once from host m to host m + N/2 over one shared link. */
function simulate(moves: readonly Move[]): void {
  const count = moves.length;
  const network = { hostLatencyNs: 50_000, innerLatencyNs: 10_000, backbone: null, uplink: null };
  const plan = { kind: "shared" as const, ...network, oversubscription: 4, wan: [] };
  const topology = buildTopology(plan, hosts(count));
  const flows = new FlowNetwork(topology.links.map(({ bandwidth }) => bandwidth));
  const routes = moves.map((_, m) => topology.route(m, (m + count / 2) % count));
  const ofFlow: number[] = [];
  const waiting = new Map(moves.map((_, m) => [m, SECOND + LATENCY]));
  for (;;) {
    const next = Math.min(...waiting.values());
    const now = Math.min(next, flows.nextCompletion());
    if (now === Infinity) return;
    for (let id = flows.complete(now); id !== null; id = flows.complete(now)) {
      const m = ofFlow[id] as number;
      const move = moves[m] as Move;
      goOn(move, now);
      if (move.totalNs === 0) waiting.set(m, now + LATENCY);
    }
    for (const [m, at] of waiting) {
      if (at !== now) continue;
      waiting.delete(m);
      const { bytes } = moves[m] as Move;
      ofFlow[flows.start(now, { route: routes[m]?.links ?? [], bytes, cap: CAP })] = m;
    }
  }
}

describe("migrations that share one link take as long as in SimGrid 3.32", () => {
  test.skipIf(referenceData === null || !existsSync(folder)).each(FILES)("%s", (file) => {
    const lines = readFileSync(join(folder, file), "utf8").trim().split("\n").slice(1);
    const rows = lines.map((line) => line.split(",").map(Number));
    const moves = rows.map(([, , , ram = 0, intensity = 0]): Move => {
      const begun = { stage: "push" as const, bytes: ram, beganNs: SECOND, startNs: SECOND };
      return { ram, dirtyRate: CAP * intensity, ...begun, totalNs: 0, downtimeNs: 0 };
    });
    simulate(moves);
    rows.forEach(([vm = 0, , , , , , , , , total = 0, downtime = 0]) => {
      const { totalNs, downtimeNs } = moves[vm] as Move;
      expect(Math.abs(totalNs / SECOND - total)).toBeLessThanOrEqual(1e-6 * total);
      expect(Math.abs(downtimeNs / SECOND - downtime)).toBeLessThanOrEqual(1e-6);
    });
  });
});
