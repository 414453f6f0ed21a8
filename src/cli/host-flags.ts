import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { InvalidOptionError } from "../errors.js";
import { attempt } from "../files/file-errors.js";
import { readTokenFile } from "../files/token-file.js";
import { HostClient } from "../host/client.js";
import type { Credentials } from "../machine.js";
import { type LiveScreen, runLive } from "./live-session.js";
import type { CliWorld } from "./world.js";

/** Where hosts are by default: this computer, out of reach of any other. */
export const DEFAULT_HOST = "tcp://127.0.0.1:7700";

/** Flags of every command that speaks to a host. */
export interface HostFlags {
  readonly on?: string;
  readonly tokenFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** What the library's options are called on the command line. */
const NAMES = {
  ...{ name: "NAME", kind: "KIND", memory: "--memory", memoryBytes: "--memory", guest: "--guest" },
  ...{ to: "--to", address: "--on", tls: "--tls-cert" },
};

/** What the environment may say instead of flags; for the help. */
export const ENVIRONMENT = `
Environment: GODWIT_HOST is the default of --on, GODWIT_TOKEN_FILE of --token-file.`;

/** `--on`, and how to prove that one may speak to that host. */
export function addHostFlags(command: Command, hostFlag: string = "--on"): Command {
  return addCredentialFlags(
    command.option(
      `${hostFlag} <HOST>`,
      `the host: tcp://HOST:PORT, unix:PATH, tls://HOST:PORT, ws://HOST:PORT or wss://HOST:PORT (default: $GODWIT_HOST, else ${DEFAULT_HOST})`,
    ),
  );
}

/** The shared token, and certificates. */
export function addCredentialFlags(command: Command): Command {
  return command
    .optionsGroup("Proof:")
    .option("--token-file <FILE>", "the token that hosts and their clients share")
    .option(
      "--tls-ca <FILE>",
      "for tls:// and wss://: authorities that sign the other's certificate, PEM",
    )
    .option("--tls-cert <FILE>", "own certificate, PEM")
    .option("--tls-key <FILE>", "its key, PEM");
}

/** Reads the token and the certificates. */
export function readCredentials(world: CliWorld, flags: HostFlags): Credentials {
  const fromFlag = flags.tokenFile !== undefined;
  const tokenFile = flags.tokenFile ?? (world.env["GODWIT_TOKEN_FILE"] || undefined);
  const option = fromFlag ? "--token-file" : "GODWIT_TOKEN_FILE";
  const token =
    tokenFile === undefined
      ? null
      : readTokenFile(option, resolve(world.folder, tokenFile), tokenFile);
  return { token, tls: readTls(world, flags) };
}

function readTls(world: CliWorld, flags: HostFlags): Credentials["tls"] {
  const given = [
    ["--tls-ca", flags.tlsCa],
    ["--tls-cert", flags.tlsCert],
    ["--tls-key", flags.tlsKey],
  ] as const;
  const first = given.find(([, path]) => path !== undefined);
  if (first === undefined) return null;
  const [ca = "", cert = "", key = ""] = given.map(([option, path]) => {
    if (path === undefined) {
      throw new InvalidOptionError(first[0], first[1], `to be given together with ${option}`);
    }
    return attempt(option, path, "a PEM file", () =>
      readFileSync(resolve(world.folder, path), "utf8"),
    );
  });
  return { ca, cert, key };
}

/** A path of a socket starts from the folder of the command, as every path does. */
export function locateHost(world: CliWorld, address: string): string {
  const path = /^unix:(?:\/\/)?(.+)$/.exec(address)?.[1];
  return path === undefined ? address : `unix:${resolve(world.folder, path)}`;
}

/** The host that the flags name. */
export function hostOf(world: CliWorld, flags: HostFlags): HostClient {
  const address = flags.on ?? (world.env["GODWIT_HOST"] || DEFAULT_HOST);
  return new HostClient(locateHost(world, address), readCredentials(world, flags));
}

/** Runs a command against a host: Ctrl-C ends it, errors name its options as the caller wrote them. */
export function runOnHost<T>(
  world: CliWorld,
  names: Readonly<Record<string, string>>,
  work: (screen: LiveScreen) => Promise<T>,
): Promise<T> {
  return runLive(world, { ...NAMES, ...names }, work);
}
