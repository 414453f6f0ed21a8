import type { StrategyName } from "../../migration/report.js";
import type { Snapshot } from "./snapshot.js";

/** Something to do. Indices are the fleet's. */
export type Action =
  /** Move a VM; null: its flavour's strategy. Waits until the limits allow it. */
  | {
      readonly kind: "move";
      readonly vm: number;
      readonly to: number;
      readonly strategy: StrategyName | null;
      readonly because: string;
    }
  /** Put a host that has no VM to low power. */
  | { readonly kind: "sleep"; readonly host: number; readonly because: string }
  /** Wake it; moves to it wait until it is on. */
  | { readonly kind: "wake"; readonly host: number; readonly because: string }
  /** Take a host out of service, or put it back: it takes nothing new. */
  | { readonly kind: "close"; readonly host: number; readonly because: string }
  | { readonly kind: "open"; readonly host: number; readonly because: string }
  /** Start a VM that runs nowhere. */
  | { readonly kind: "start"; readonly vm: number; readonly on: number; readonly because: string };

/** What a controller would have liked to do and why it cannot. */
export interface Refusal {
  readonly vm: number | null;
  readonly host: number | null;
  readonly because: string;
}

/** What a controller wants: can be shown, costed and refused before anything happens. */
export interface Plan {
  readonly controller: string;
  /** In the order in which they are begun. */
  readonly actions: readonly Action[];
  readonly refusals: readonly Refusal[];
}

/** A rule that looks at a data centre and says what to do; a pure function, so that it can be swept and tested. */
export interface Controller {
  readonly name: string;
  decide(snapshot: Snapshot): Plan;
}

/** Nothing to do. */
export function emptyPlan(controller: string): Plan {
  return { controller, actions: [], refusals: [] };
}
