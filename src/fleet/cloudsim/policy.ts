import { InvalidOptionError } from "../../errors.js";
import { OVERLOAD_RULES, type OverloadDetection, type OverloadRule } from "../control/overload.js";
import { SELECTION_RULES, type SelectionRule } from "../control/selection.js";

/** What is done about energy: nothing (every host at full power), nothing but slower clocks, or consolidation. */
export type CloudSimPolicy =
  | { readonly kind: "npa" }
  | { readonly kind: "dvfs" }
  | {
      readonly kind: "consolidation";
      readonly overload: OverloadDetection;
      readonly selection: SelectionRule;
    };

/** Parameters with which the paper's rules did best. */
const USUAL: Record<OverloadRule, number> = { thr: 0.8, mad: 2.5, iqr: 1.5, lr: 1.2, lrr: 1.2 };

/**
 * A policy by the name that the paper and CloudSim's examples give it: `npa`, `dvfs`, or
 * `<overload>-<selection>-<parameter>` such as `lr-mmt-1.2`, `mad-mc-2.5` or `thr_mu_0.8`; without a
 * parameter it is the paper's. Overload detection is one of thr, mad, iqr, lr, lrr, selection one of mmt,
 * mu, rs, mc.
 *
 * @throws InvalidOptionError
 */
export function cloudSimPolicy(name: string): CloudSimPolicy {
  if (name === "npa" || name === "dvfs") return { kind: name };
  const [first, second, third, ...rest] = name.split(/[-_ ]/);
  const rule = OVERLOAD_RULES.find((known) => known === first);
  const selection = SELECTION_RULES.find((known) => known === second);
  const isNumber = third === undefined || /^\d+(\.\d+)?$/.test(third);
  if (rule === undefined || selection === undefined || !isNumber || rest.length > 0) {
    throw new InvalidOptionError("policy", name, "npa, dvfs, or a name such as lr-mmt-1.2");
  }
  const parameter = third === undefined ? USUAL[rule] : Number(third);
  return checkPolicy({ kind: "consolidation", overload: { rule, parameter }, selection });
}

/** The policy itself, if its parameter can be one. @throws InvalidOptionError */
export function checkPolicy(policy: CloudSimPolicy): CloudSimPolicy {
  if (policy.kind === "consolidation") {
    const { rule, parameter } = policy.overload;
    const isGood = rule === "thr" ? parameter > 0 && parameter <= 1 : parameter >= 0;
    if (!isGood || !Number.isFinite(parameter)) {
      const expected = rule === "thr" ? "a threshold above 0 and at most 1" : "a number from 0";
      throw new InvalidOptionError("policy", parameter, `${expected} as the parameter of ${rule}`);
    }
  }
  return policy;
}

/** The name of a policy, as {@link cloudSimPolicy} reads it. */
export function cloudSimPolicyName(policy: CloudSimPolicy): string {
  if (policy.kind !== "consolidation") return policy.kind;
  return `${policy.overload.rule}-${policy.selection}-${policy.overload.parameter}`;
}
