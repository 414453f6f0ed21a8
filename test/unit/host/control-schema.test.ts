import { describe, expect, test } from "vitest";
import {
  checkName,
  readMachines,
  readReply,
  readReport,
  readRequest,
} from "../../../src/host/control-schema.js";
import { encodeJson } from "../../../src/wire/json-body.js";
import { sampleReport } from "../report/sample-report.js";

const machine = {
  kind: "v86",
  memoryBytes: 2 ** 25,
  network: null,
  guest: { type: "test" },
};
const start = { type: "start", name: "pc1", machine, files: [] };
const move = {
  type: "move",
  name: "pc1",
  to: "tcp://127.0.0.1:1",
  strategy: "hybrid",
  settings: { policy: "godwit", downtimeLimitMs: 20, autoConverge: null },
};

describe("requests", () => {
  test.each([start, move, { type: "list" }, { type: "stop", name: "a.b-c_1", force: false }])(
    "$type is understood as it was sent",
    (request) => {
      expect(readRequest(encodeJson(request))).toEqual(request);
    },
  );

  test.each([
    ["nothing", null],
    ["a number", 7],
    ["a list", []],
    ["an unknown type", { type: "shutdown" }],
    ["no name", { type: "stop", force: false }],
    ["a path for a name", { type: "stop", name: "../x", force: false }],
    ["an empty name", { type: "console", name: "" }],
    ["a name without end", { type: "console", name: "x".repeat(64) }],
    ["a field too many", { ...start, hidden: 1 }],
    ["memory that is no number", { ...start, machine: { ...machine, memoryBytes: "1" } }],
    ["memory below nothing", { ...start, machine: { ...machine, memoryBytes: -4096 } }],
    ["a part of a byte", { ...start, machine: { ...machine, memoryBytes: 0.5 } }],
    ["another kind", { ...start, machine: { ...machine, kind: "kvm" } }],
    ["files without end", { ...start, files: [2 ** 40] }],
    ["many files", { ...start, files: [1, 1, 1] }],
    ["an unknown strategy", { ...move, strategy: "teleport" }],
    ["an unknown setting", { ...move, settings: { onRound: "x" } }],
    ["an endless rate", { ...move, settings: { maxBandwidth: Number.POSITIVE_INFINITY } }],
    ["an address without end", { ...move, to: "x".repeat(5000) }],
  ])("%s is refused", (_, request) => {
    expect(() => readRequest(encodeJson(request))).toThrow(
      /(?:a request is damaged|of a request is damaged|is not JSON)/,
    );
  });
});

test("a refusal names the field", () => {
  const wrong = { ...start, machine: { ...machine, guest: { type: "dos" } } };
  expect(() => readRequest(encodeJson(wrong))).toThrow(
    "machine.guest.type of a request is damaged",
  );
});

test("what a host answers is checked too", () => {
  expect(readReply(encodeJson({ type: "document", bytes: 10 }))).toEqual({
    type: "document",
    bytes: 10,
  });
  expect(() => readReply(encodeJson({ type: "document", bytes: 2 ** 40 }))).toThrow(
    /bytes of a reply/,
  );
  expect(() => readReply(encodeJson({ type: "round", round: { round: 1 } }))).toThrow(
    /round.phase of/,
  );
  expect(() => readMachines([{ name: "a" }])).toThrow(/something else/);
});

test("a report crosses as it is", () => {
  const report = {
    ...sampleReport,
    moveId: "a",
    peer: "tcp://b:1",
    rejoins: 0,
    savedBytes: 0,
    recovery: null,
  };
  expect(readReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
  expect(() => readReport({ ...report, rounds: undefined })).toThrow(/something else/);
  const [round] = sampleReport.rounds;
  const noted = { type: "round", round };
  expect(readReply(encodeJson(noted))).toEqual(noted);
});

test("names of machines", () => {
  expect(checkName("NAME", "pc1")).toBe("pc1");
  expect(() => checkName("NAME", "-x")).toThrow(/^NAME: got "-x", expected 1 to 63 letters/);
});
