/**
 * Data centres in simulated time: hosts, VMs, networks, and the controllers that migrate. An entry of its
 * own, `godwit/fleet`, for Node and browsers; `loadFleet` of `godwit` reads scenarios from files.
 *
 * @packageDocumentation
 */
export type {
  CloudSimExperiment,
  CloudSimHostType,
  CloudSimOptions,
  CloudSimVmType,
} from "./fleet/cloudsim/experiment.js";
export { type CloudSimFleetOptions, simulateCloudSimFleet } from "./fleet/cloudsim/fleet.js";
export { folderOrder } from "./fleet/cloudsim/folder-order.js";
export {
  PLANETLAB_HOST_TYPES,
  PLANETLAB_VM_TYPES,
  type PlanetLabOptions,
  planetLabExperiment,
} from "./fleet/cloudsim/planetlab.js";
export { type CloudSimPolicy, cloudSimPolicy } from "./fleet/cloudsim/policy.js";
export type * from "./fleet/cloudsim/result.js";
export { simulateCloudSim } from "./fleet/cloudsim/simulate.js";
export { costOf, type MoveCost, type PlanCost } from "./fleet/control/cost.js";
export { Draft } from "./fleet/control/draft.js";
export {
  compareDrains,
  DRAIN_ORDERS,
  type DrainOptions,
  type DrainOrder,
  type DrainPlan,
  type NotConverging,
  PLATFORM_LIMITS,
  planDrain,
} from "./fleet/control/drain-plan.js";
export {
  type ControllerContext,
  type MoveEstimator,
  type MoveOutlook,
  onePassEstimator,
} from "./fleet/control/estimate.js";
export {
  isOverloaded,
  OVERLOAD_RULES,
  type OverloadDetection,
  type OverloadRule,
} from "./fleet/control/overload.js";
export {
  type Found,
  type Placement,
  type PlacementName,
  placements,
} from "./fleet/control/placement.js";
export {
  type Action,
  type Controller,
  emptyPlan,
  type Plan,
  type Refusal,
} from "./fleet/control/plan.js";
export { promised } from "./fleet/control/promised.js";
export { type ControllerKind, controllers, createController } from "./fleet/control/registry.js";
export { type Obstacle, type Party, Room, type RoomOptions } from "./fleet/control/room.js";
export type { ScheduledMove, WantedMove } from "./fleet/control/schedule.js";
export { SELECTION_RULES, type SelectionRule, selectVm } from "./fleet/control/selection.js";
export type * from "./fleet/control/snapshot.js";
export { decideTogether, feasible, together } from "./fleet/control/together.js";
export { type FleetExperiment, resolveExperiment, runExperiment } from "./fleet/experiment.js";
export type { SimGridModel } from "./fleet/fluid/simgrid.js";
export { type Demand, demandAt } from "./fleet/model/demand.js";
export type * from "./fleet/model/flavour.js";
export type * from "./fleet/model/fleet.js";
export {
  capacityOf,
  type Host,
  type HostType,
  type Provider,
  type Site,
} from "./fleet/model/host.js";
export { type PowerTable, wattsAt } from "./fleet/model/power.js";
export type * from "./fleet/model/topology.js";
export {
  type AffinityGroup,
  createVmColumns,
  NOWHERE,
  type RequestedMove,
  type VmColumns,
} from "./fleet/model/vms.js";
export type { FlowDemand, FlowId, LinkId } from "./fleet/network/flow.js";
export { FlowNetwork } from "./fleet/network/flow-network.js";
export type * from "./fleet/network/network-plan.js";
export { buildTopology } from "./fleet/network/topology.js";
export {
  type DrainTimes,
  type DrainTimesOptions,
  type DrainWay,
  drainTimes,
} from "./fleet/run/drain-times.js";
export type { FleetProgress } from "./fleet/run/fleet-simulation.js";
export { type Foreseen, foreseen } from "./fleet/run/foreseen.js";
export { fluidEstimator } from "./fleet/run/move-outlook.js";
export type * from "./fleet/run/result.js";
export {
  type FleetProfile,
  type SimulateFleetOptions,
  simulateFleet,
} from "./fleet/run/simulate-fleet.js";
export {
  contextWithoutFleetFiles,
  type FleetContext,
  type ObservedMemory,
  type TraceRequest,
} from "./fleet/scenario/context.js";
export { type FleetNOptions, fleetN } from "./fleet/scenario/fleet-n.js";
export type { FleetInput } from "./fleet/scenario/input.js";
export {
  type FleetRunSettings,
  type FleetScenario,
  resolveFleet,
} from "./fleet/scenario/resolve.js";
export { type FleetJsonOptions, fleetToJson } from "./report/fleet-json.js";
export { fleetHtml } from "./report/html.js";
