import { checkObservation } from "../observe/check-observation.js";
import { type PredictionQuestion, resolvePrediction } from "../predict/input.js";
import { predict, type Quantiles } from "../predict/prediction.js";
import type { Cell } from "../report/column.js";
import { numberCell, type PointPlace, type SweepKind } from "./kind.js";
import { checkPredictionShape } from "./prediction-shape.js";

const QUANTITIES = ["totalMs", "downtimeMs", "bytes", "passes"] as const;
const SHARES = ["p5", "p25", "p50", "p75", "p95"] as const;

/** What QEMU will do, as a distribution; the base is a prediction's input. */
export const PREDICT_KIND: SweepKind = {
  columns: [
    { name: "verdict", type: "text" },
    { name: "probability", type: "double" },
    { name: "because", type: "text" },
    ...QUANTITIES.flatMap((quantity) =>
      SHARES.map((share) => ({
        name: `${quantity}${share.toUpperCase()}`,
        type: "double" as const,
      })),
    ),
    { name: "postCopyFaults", type: "double" },
    { name: "postCopyStallMs", type: "double" },
  ],
  fileFields: ["observation"],
  groundField: null,
  check: (input, place) => void questionOf(input, place),
  async run(input, place) {
    const { guest, settings, options } = questionOf(input, place);
    const prediction = predict(guest, settings, options);
    return [
      prediction.verdict,
      numberCell(prediction.convergesBy.probability),
      prediction.because,
      ...QUANTITIES.flatMap((quantity) => quantileCells(prediction[quantity])),
      numberCell(prediction.postCopy?.faults),
      numberCell(prediction.postCopy?.stallMs),
    ];
  },
};

function quantileCells(quantiles: Quantiles | null): Cell[] {
  return SHARES.map((share) => numberCell(quantiles?.[share]));
}

function questionOf(
  input: Readonly<Record<string, unknown>>,
  { nameOf = (field) => field }: PointPlace,
): PredictionQuestion {
  const { observation, ...described } = checkPredictionShape(input, nameOf);
  if (observation === undefined) return resolvePrediction(described, nameOf);
  const checked = checkObservation(observation, nameOf("observation"));
  return resolvePrediction({ ...described, observation: checked }, nameOf);
}
