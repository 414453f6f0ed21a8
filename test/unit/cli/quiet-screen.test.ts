import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { quietScreen } from "../../../src/cli/quiet-screen.js";

/** What a screen tells when every write fails with a code. */
async function toldWhen(code: string): Promise<string[]> {
  const told: string[] = [];
  const stream = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error("it failed"), { code })),
  });
  const screen = quietScreen(stream as unknown as NodeJS.WriteStream, (reason) =>
    told.push(reason),
  );
  screen.write("a");
  screen.write("b");
  await new Promise((resume) => stream.once("close", resume));
  return told;
}

test("a reader that has gone is no fault; a full disk is told once", async () => {
  expect(await toldWhen("EPIPE")).toEqual([]);
  expect(await toldWhen("ENOSPC")).toEqual(["no space left"]);
  expect(await toldWhen("EIO")).toEqual(["it failed"]);
});
