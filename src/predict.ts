/**
 * What QEMU will do with a guest, and what was seen of it. An entry of its own, `godwit/predict`, so that a
 * page that only simulates does without; in Node, `godwit` has it too.
 *
 * @packageDocumentation
 */
export { checkObservation } from "./observe/check-observation.js";
export type * from "./observe/observation.js";
export { observeTrace } from "./observe/observe-trace.js";
export {
  type MigrationCounters,
  PassCurve,
  type PassPoint,
  type PassSample,
  passSample,
} from "./observe/passes.js";
export { type Advice, type AdvisedSettings, type AdviseOptions, advise } from "./predict/advise.js";
export { type DirtyCurve, dirtyCurveOf } from "./predict/equilibrium.js";
export { guestOfFirstPass } from "./predict/first-pass.js";
export type { Goal } from "./predict/goal.js";
export {
  guestOfObservation,
  guestOfWorkload,
  type PlacedClass,
  type PredictedGuest,
  type Range,
} from "./predict/guest.js";
export {
  type PredictionInput,
  type PredictionQuestion,
  resolvePrediction,
} from "./predict/input.js";
export type { MeasureName } from "./predict/measures.js";
export { type NextStep, nextStep, type StepLimits } from "./predict/next-step.js";
export type { PageClass } from "./predict/page-class.js";
export type { Endings, Platform } from "./predict/platforms/platform.js";
export { PLATFORMS, type PlatformName } from "./predict/platforms/platforms.js";
export {
  type Prediction,
  type PredictOptions,
  predict,
  type Quantiles,
  type Verdict as PredictionVerdict,
} from "./predict/prediction.js";
export type { ProfileName } from "./predict/profile.js";
export type { SeenProgress } from "./predict/seen-progress.js";
export { type PredictedHosts, type PredictedSettings, TYPICAL_HOSTS } from "./predict/settings.js";
export type { Moment, Order, Steering, TimedOrder } from "./predict/steering.js";
export { dirtyCurveSvg } from "./report/dirty-curve-svg.js";
