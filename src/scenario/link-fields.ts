import type { Field } from "./field.js";

/** The link between the hosts. */
export const LINK_FIELDS: Readonly<
  Record<"link" | "bandwidth" | "rtt" | "loss" | "otherTraffic" | "outage" | "linkTimeout", Field>
> = {
  link: {
    group: "Link",
    kind: "choice",
    argument: "PRESET",
    example: "wan",
    choices: ["lan", "lan-1g", "lan-25g", "lan-100g", "wan", "wan-100m"],
    text: "rate, round trip and loss of a usual link",
    fallback: "lan",
  },
  bandwidth: {
    group: "Link",
    kind: "text",
    argument: "RATE",
    example: "10Gbit/s,1Gbit/s@30s",
    text: "the link's rate; RATE@TIME after a comma changes it from then on",
  },
  rtt: { group: "Link", kind: "time", argument: "TIME", example: "200us", text: "round-trip time" },
  loss: {
    group: "Link",
    kind: "share",
    argument: "SHARE",
    example: "0.01%",
    text: "share of packets lost",
  },
  otherTraffic: {
    group: "Link",
    kind: "text",
    argument: "RATE[,flows=1]",
    example: "4Gbit/s,flows=3",
    text: "other traffic on the link, in so many flows that share fairly with the migration",
  },
  outage: {
    group: "Link",
    kind: "list",
    argument: "TIME[,for=TIME]",
    example: "3s,for=500ms",
    text: "the link goes down then; without for= it never comes back; may be repeated",
  },
  // Ours: long enough for a spanning tree or route to settle, short enough to give up before people do.
  linkTimeout: {
    group: "Link",
    kind: "time",
    argument: "TIME",
    example: "10s",
    text: "how long a stalled transfer waits before the migration fails",
    fallback: "10s",
  },
};
