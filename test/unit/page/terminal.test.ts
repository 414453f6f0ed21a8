import { describe, expect, test } from "vitest";
import { keyText, Terminal } from "../../../src/page/terminal.js";

function shown(...pieces: string[]): string {
  const terminal = new Terminal();
  for (const piece of pieces) terminal.write(piece);
  return terminal.text;
}

describe("Terminal", () => {
  test("lines, returns and tabs", () => {
    expect(shown("one\r\ntwo\n")).toBe("one\ntwo\n");
    expect(shown("10 %\r20 %")).toBe("20 %");
    expect(shown("a\tb")).toBe("a       b");
  });

  test("a shell that erases a character writes backspace, blank, backspace", () => {
    expect(shown("lss", "\b \b", " -l")).toBe("ls  -l".replace("  ", " "));
  });

  test("commands of terminals are left out, also in pieces", () => {
    expect(shown("a\x1b[31mb\x1b", "[", "0", "mc\x1b7d")).toBe("abcd");
    expect(shown("\x07\x00quiet\x7f")).toBe("quiet");
  });

  test("keeps the newest thousand lines, and breaks lines without end", () => {
    const many = Array.from({ length: 3000 }, (_, line) => `${line}\n`).join("");
    expect(shown(many).split("\n").slice(-2)).toEqual(["2999", ""]);
    expect(shown(many).split("\n")).toHaveLength(1000);
    expect(
      Math.max(
        ...shown("x".repeat(5000))
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBe(1000);
  });
});

test("keys as a serial line has them", () => {
  const none = { ctrlKey: false, altKey: false, metaKey: false };
  expect(keyText({ ...none, key: "a" })).toBe("a");
  expect(keyText({ ...none, key: "Enter" })).toBe("\r");
  expect(keyText({ ...none, key: "ArrowUp" })).toBe("\x1b[A");
  expect(keyText({ ...none, ctrlKey: true, key: "c" })).toBe("\x03");
  expect(keyText({ ...none, ctrlKey: true, key: "1" })).toBeNull();
  expect(keyText({ ...none, metaKey: true, key: "v" })).toBeNull();
  expect(keyText({ ...none, key: "Shift" })).toBeNull();
});
