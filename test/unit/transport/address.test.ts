import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import { addressText, isLoopback, parseAddress } from "../../../src/transport/address.js";

const GOOD = [
  ["tcp://127.0.0.1:80", { kind: "tcp", host: "127.0.0.1", port: 80 }],
  [
    "tcp://host-1.example",
    { kind: "tcp", host: "host-1.example", port: 7700 },
    "tcp://host-1.example:7700",
  ],
  ["tls://[::1]:0", { kind: "tls", host: "::1", port: 0 }],
  ["unix:/run/a b.sock", { kind: "unix", path: "/run/a b.sock" }],
  ["unix:///run/a.sock", { kind: "unix", path: "/run/a.sock" }, "unix:/run/a.sock"],
  [
    "ws://localhost",
    { kind: "ws", host: "localhost", port: 7700, path: "/" },
    "ws://localhost:7700/",
  ],
  [
    "wss://a.example/b?c=d",
    { kind: "wss", host: "a.example", port: 443, path: "/b?c=d" },
    "wss://a.example:443/b?c=d",
  ],
  ["broadcast:my-tabs", { kind: "broadcast", name: "my-tabs" }],
] as const;

const BAD = [
  "",
  "127.0.0.1:7700",
  "http://a",
  "tcp:a:1",
  "tcp://",
  "tcp://a:",
  "tcp://a:65536",
  "tcp://a:1/path",
  "tcp://a b:1",
  "tcp://user@a:1",
  "ws://a:1/#part",
  "unix:",
  "unix:a\0b",
  "broadcast:",
  "broadcast:a/b",
  `broadcast:${"x".repeat(101)}`,
];

describe("an address", () => {
  test.each(GOOD)("%s is read", (text, address, written = text) => {
    expect(parseAddress(text)).toEqual(address);
    expect(addressText(address)).toBe(written);
    expect(parseAddress(written)).toEqual(address);
  });

  test.each(BAD)("%j is refused with its option", (text) => {
    expect(() => parseAddress(text, "--listen")).toThrow(/^--listen: got "/);
  });

  test("is text that is read, or refused in words", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("", "tcp://", "ws://", "unix:"), (text, scheme) => {
        try {
          const address = parseAddress(scheme + text);
          expect(parseAddress(addressText(address))).toEqual(address);
        } catch (error) {
          expect(isGodwitError(error, "InvalidOptionError")).toBe(true);
        }
      }),
    );
  });
});

test("only this computer's names are loopback", () => {
  const all = [
    "localhost",
    "127.0.0.1",
    "127.1.2.3",
    "::1",
    "0.0.0.0",
    "::",
    "127.0.0.1.example",
    "10.0.0.1",
  ];
  expect(all.filter(isLoopback)).toEqual(["localhost", "127.0.0.1", "127.1.2.3", "::1"]);
});
