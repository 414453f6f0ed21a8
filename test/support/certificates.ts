import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TlsOptions } from "../../src/transport/tls-options.js";

/** Whether there is somebody to make certificates. Where everything must be tested, a machine without is a failure. */
export function hasOpenssl(): boolean {
  const isThere = spawnSync("openssl", ["version"]).status === 0;
  const isCi = /^(1|true)$/i.test(process.env["CI"] ?? "");
  if (!isThere && isCi)
    throw new Error("there is no openssl, which makes certificates: install it");
  return isThere;
}

/** Files in which an authority and a certificate by it lie, and what they hold. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly tls: TlsOptions;
}

/** Makes an authority and a certificate by it, for hosts of this computer. */
export function makeCertificates(folder: string, name: string): Certificates {
  const at = (file: string): string => join(folder, `${name}-${file}`);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { stdio: "pipe" });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const files = { ca: at("ca.pem"), cert: at("cert.pem"), key: at("key.pem") };
  const authority = ["-keyout", at("ca.key"), "-out", files.ca, "-subj", `/CN=${name}`];
  openssl("req", "-x509", ...newKey, ...authority, "-days", "30");
  const request = ["-keyout", files.key, "-out", at("csr.pem"), "-subj", `/CN=${name} host`];
  openssl("req", ...newKey, ...request);
  writeFileSync(at("ext"), "subjectAltName=IP:127.0.0.1,DNS:localhost");
  const signer = ["-CA", files.ca, "-CAkey", at("ca.key"), "-CAcreateserial"];
  const signed = ["-out", files.cert, "-days", "30", "-extfile", at("ext")];
  openssl("x509", "-req", "-in", at("csr.pem"), ...signer, ...signed);
  const [ca, cert, key] = [files.ca, files.cert, files.key].map((file) => readFileSync(file));
  return { ...files, tls: { ca: ca as Buffer, cert: cert as Buffer, key: key as Buffer } };
}
