import { expect, test } from "vitest";
import { GroupedReasons } from "../../../src/report/grouped-reasons.js";

function grouped(...sentences: [because: string, ...subjects: string[]][]) {
  const reasons = new GroupedReasons();
  for (const [because, ...subjects] of sentences) reasons.add(because, subjects);
  return reasons.list();
}

test("what is said once stands as it was said", () => {
  expect(grouped(["no host has room for vm17"])).toEqual([
    { count: 1, because: "no host has room for vm17" },
  ]);
});

test("names and amounts that differ become an ellipsis, the others stay", () => {
  expect(
    grouped(
      ["web needs 4 GiB, and h3 has (900 MiB).", "web"],
      ["mail needs 4 GiB, and h3 has (1.2 GiB).", "mail"],
      ["mail is asleep", "mail"],
    ),
  ).toEqual([
    { count: 2, because: "… needs 4 GiB, and h3 has (…)." },
    { count: 1, because: "mail is asleep" },
  ]);
});

test("a word that is no subject tells reasons apart, and the most frequent comes first", () => {
  const list = grouped(["no room"], ["no power"], ["no power"]);
  expect(list.map(({ because }) => because)).toEqual(["no power", "no room"]);
});

test("long sentences without blanks take no longer than they are", () => {
  expect(grouped(["x".repeat(200_000)], ["(".repeat(200_000)])).toHaveLength(2);
});
