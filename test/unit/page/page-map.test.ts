import { expect, test } from "vitest";
import { PAGE, PageMap } from "../../../src/page/page-map.js";

test("a dot a page, as long as there are few", () => {
  const map = new PageMap(8, PAGE.absent);
  map.set(2, 4, PAGE.arrived);
  map.set(5, 6, PAGE.dirty);
  const picture = map.takePicture();
  const { absent, arrived, dirty } = PAGE;
  expect([...picture.dots]).toEqual([
    absent,
    absent,
    arrived,
    arrived,
    absent,
    dirty,
    absent,
    absent,
  ]);
  expect(picture).toMatchObject({ pagesPerDot: 1, pageCount: 8, absentPages: 5 });
});

test("what has arrived is new in one picture only", () => {
  const map = new PageMap(1, PAGE.absent);
  map.set(0, 1, PAGE.arrived);
  expect(map.takePicture().dots[0]).toBe(PAGE.arrived);
  expect(map.takePicture().dots[0]).toBe(PAGE.present);
});

test("a group of pages looks as its most remarkable", () => {
  const map = new PageMap(40_000, PAGE.present);
  map.set(7, 8, PAGE.dirty);
  const { dots, pagesPerDot } = map.takePicture();
  expect(pagesPerDot).toBe(3);
  expect(dots).toHaveLength(Math.ceil(40_000 / 3));
  expect([...dots.subarray(0, 4)]).toEqual([PAGE.present, PAGE.present, PAGE.dirty, PAGE.present]);
  map.replace(PAGE.dirty, PAGE.present);
  expect(map.takePicture().dots.every((dot) => dot === PAGE.present)).toBe(true);
});
