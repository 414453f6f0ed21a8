import type { Cell, ColumnType } from "../report/column.js";
import type { OptionNames } from "../scenario/shape.js";
import type { Bytes } from "../units.js";

/** Something that can be run at every point of a sweep. */
export interface SweepKind {
  /** What is told of each point, in the order of {@link SweepKind.run}'s cells. No name may be a field's. */
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** Fields whose text names a JSON or YAML file; its contents take the text's place before a point runs. */
  readonly fileFields: readonly string[];
  /** A field whose text names such a file that a point starts from: its own fields are set over the contents. */
  readonly groundField: string | null;
  /** Throws a GodwitError for a point that cannot be run. */
  check(input: Readonly<Record<string, unknown>>, place: PointPlace): void;
  /** Runs a point. Throws a GodwitError when that is the point's own doing. */
  run(input: Readonly<Record<string, unknown>>, place: PointPlace): Promise<readonly Cell[]>;
}

/** Where a point is run. */
export interface PointPlace {
  /** Folder that relative paths in a point start from. */
  readonly folder: string;
  /** Whether paths may lead out of it: not for points that somebody else sent. */
  readonly isConfined: boolean;
  /** Memory that a point may take. */
  readonly memoryBytes: Bytes;
  /** Names fields in errors as the caller wrote them; absent: by their paths. */
  readonly nameOf?: OptionNames;
}

/** A number as a cell; what is no finite number is nothing, as in JSON. */
export function numberCell(value: number | null | undefined): Cell {
  // The second addition leaves no negative zero, which JSON would lose on the way.
  return value == null || !Number.isFinite(value) ? null : value + 0;
}
