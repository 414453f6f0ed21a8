import { createSecureContext, type SecureContextOptions } from "node:tls";
import { InvalidOptionError } from "../errors.js";

/** Certificates of one end, in PEM. Both ends show theirs, and each must be signed by the other's authority. */
export interface TlsOptions {
  /** Certificates of the authorities that the peer's certificate may be signed by; no others are trusted. */
  readonly ca: string | Uint8Array;
  /** The own certificate, with those between it and its authority. */
  readonly cert: string | Uint8Array;
  /** The key of the own certificate. */
  readonly key: string | Uint8Array;
}

interface TlsSettings extends SecureContextOptions {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/**
 * What Node makes of them: TLS 1.3 only, and nobody without a certificate.
 *
 * @throws InvalidOptionError when they are no certificates, or the key is of another one.
 */
export function tlsSettings({ ca, cert, key }: TlsOptions): TlsSettings {
  const settings = {
    ca: pem(ca),
    cert: pem(cert),
    key: pem(key),
    minVersion: "TLSv1.3",
    requestCert: true,
    rejectUnauthorized: true,
  } as const;
  try {
    createSecureContext(settings);
  } catch (cause) {
    const expected = `certificates and a key in PEM (${(cause as Error).message})`;
    throw new InvalidOptionError("tls", "(certificates)", expected, { cause });
  }
  return settings;
}

function pem(text: string | Uint8Array): string {
  return typeof text === "string" ? text : new TextDecoder().decode(text);
}
