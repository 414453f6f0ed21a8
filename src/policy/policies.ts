import { clark } from "./clark.js";
import { cloudHypervisor } from "./cloud-hypervisor.js";
import { godwit } from "./godwit.js";
import type { ConvergencePolicy } from "./policy.js";
import { qemu72 } from "./qemu.js";
import { xen } from "./xen.js";

/** Every named policy. */
export const policies: {
  readonly godwit: ConvergencePolicy;
  readonly clark: ConvergencePolicy;
  readonly "qemu-7.2": ConvergencePolicy;
  readonly xen: ConvergencePolicy;
  readonly "cloud-hypervisor": ConvergencePolicy;
} = { godwit, clark, "qemu-7.2": qemu72, xen, "cloud-hypervisor": cloudHypervisor };
