import type { TlsOptions } from "../transport/tls-options.js";

/** How hosts and their clients prove that they may speak with each other. */
export interface Credentials {
  /** A secret that all of them share, 16 characters or more; it is never sent. Null: there is none. */
  readonly token: string | null;
  /** For addresses of `tls://` and `wss://`; null: no such addresses. */
  readonly tls: TlsOptions | null;
}

/** Nothing to prove: for hosts that only this computer reaches. */
export const NO_CREDENTIALS: Credentials = { token: null, tls: null };
