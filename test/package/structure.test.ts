import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, sep } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

/** What a room may import, besides itself and the floor. */
interface Law {
  readonly values: readonly string[];
  /** `import type` only; "*" is every room. */
  readonly types?: readonly string[];
}

const FLOOR = ["units", "errors", "elementary", "quantity-text"];
const ENTRIES = [
  "node",
  "browser",
  "index",
  "predict",
  "qemu",
  "fleet",
  "machine",
  "machine-browser",
];
const ROOMS: Record<string, Law> = {
  floor: { values: [] },
  kernel: { values: [] },
  world: { values: [] },
  // Reads and writes files for the Node entry and the command line.
  files: { values: ["memory", "fleet", "observe"], types: ["scenario", "kernel"] },
  memory: { values: ["kernel"] },
  wire: { values: ["kernel"], types: ["transport"] },
  workload: { values: ["memory", "kernel", "world"] },
  policy: { values: [] },
  machine: { values: ["memory", "workload", "world", "kernel"], types: ["transport"] },
  transport: { values: ["wire", "kernel", "world"] },
  // A real move: the engine over a channel, the target's half of it, and who owns the machine.
  move: {
    values: "kernel world memory wire policy machine transport migration".split(" "),
  },
  // A process that runs machines, each in a thread, and lets them come and go.
  host: {
    values: "kernel world memory wire policy machine transport migration move files".split(" "),
    types: ["report"],
  },
  // What the page of `godwit page` runs in a browser.
  page: { values: ["entry:machine-browser", "report"], types: ["*"] },
  migration: { values: ["memory", "kernel", "wire", "world", "policy"], types: ["machine"] },
  scenario: { values: [], types: ["*"] },
  report: { values: [], types: ["*"] },
  simulation: {
    types: ["report"],
    values: "kernel world memory wire workload policy machine transport migration scenario".split(
      " ",
    ),
  },
  // The migration stream of QEMU: bytes in, bytes out, in Node and browsers.
  qemu: { values: ["kernel", "memory"] },
  qmp: { values: [] },
  // Speaks to QEMU processes: receives, sends, relays.
  live: { values: ["qemu", "qmp", "kernel", "memory", "files"] },
  observe: { values: ["memory", "kernel"] },
  // Looks at processes and at QEMU from outside.
  probe: { values: ["observe", "predict", "qmp", "kernel", "memory", "files"] },
  predict: { values: ["observe", "policy", "world", "workload", "scenario"] },
  // A data centre: pure, in simulated time.
  fleet: {
    values: "kernel memory world workload policy machine migration scenario simulation".split(" "),
    types: ["observe"],
  },
  // Its threads run what the Node entry runs.
  sweep: {
    values: "entry:node scenario files report world observe predict fleet".split(" "),
    types: ["simulation"],
  },
  cli: {
    values: "entry:node entry:machine files scenario report sweep predict fleet host".split(" "),
    types: ["*"],
  },
};
/** Rooms that may read the clock, draw from the system's randomness and wait. */
const WORLDLY = "world files transport machine host page sweep cli qmp live probe".split(" ");
const MAX_LINES = 350;

interface Import {
  readonly from: string;
  readonly isType: boolean;
}

interface Source {
  /** Path below src, with slashes. */
  readonly file: string;
  readonly room: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Identifiers that are not names of members, and `Math.random` and its like as one. */
  readonly names: ReadonlySet<string>;
}

function roomOf(file: string): string {
  const [first = "", ...rest] = file.replace(/\.(generated\.)?ts$/, "").split("/");
  if (rest.length > 0) return first;
  if (ENTRIES.includes(first)) return `entry:${first}`;
  return FLOOR.includes(first) ? "floor" : `unknown:${first}`;
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function importOf(node: ts.Node): Import | null {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    const specifier = node.moduleSpecifier;
    if (specifier && ts.isStringLiteral(specifier)) {
      return { from: specifier.text, isType: isTypeOnly(node) };
    }
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { from: node.argument.literal.getText().slice(1, -1), isType: true };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { from: node.arguments[0]?.getText().slice(1, -1) ?? "", isType: false };
  }
  return null;
}

function nameOf(node: ts.Node): string | null {
  if (ts.isPropertyAccessExpression(node)) {
    const isPlain = ts.isIdentifier(node.expression);
    return isPlain ? `${node.expression.getText()}.${node.name.text}` : null;
  }
  if (!ts.isIdentifier(node)) return null;
  const { parent } = node;
  const isMember =
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node);
  return isMember ? null : node.text;
}

function readSource(file: string): Source {
  const text = readFileSync(join("src", file), "utf8");
  const imports: Import[] = [];
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found) imports.push(found);
    const name = nameOf(node);
    if (name) names.add(name);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return { file, room: roomOf(file), lines: text.split("\n").length - 1, imports, names };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => file.endsWith(".ts"))
    .sort();
}

const sources = filesBelow("src")
  .filter((file) => !file.endsWith(".generated.ts"))
  .map(readSource);

/** Why an import breaks the law, or null. */
function breach({ file, room }: Source, { from, isType }: Import): string | null {
  if (!from.startsWith(".")) return null;
  const to = roomOf(posix.join(dirname(file), from.replace(/\.js$/, ".ts")));
  const law = ROOMS[room];
  // The entries gather everything; they may also build on one another.
  if (room.startsWith("entry:")) return null;
  if (!law) return `${file}: ${room} is no room of the house`;
  if (to === room || to === "floor" || law.values.includes(to)) return null;
  const allowsType = law.types?.includes("*") || law.types?.includes(to);
  if (isType && allowsType && !to.startsWith("entry:")) return null;
  return `${file} (${room}) imports ${isType ? "types of " : ""}${from} (${to})`;
}

describe("the import law", () => {
  test.each(sources.map((source) => [source.file, source] as const))("%s", (_, source) => {
    expect(source.imports.map((one) => breach(source, one)).filter(Boolean)).toEqual([]);
  });

  // A worker can be sent a module and a memory, not an instance; the page asks what the browser can.
  const KNOWING = ["kernel/load.ts", "kernel/crew-worker.ts", "page/abilities.ts"];
  // Machines that are made of WebAssembly.
  const MADE_OF_IT = /^machine\/(v86|wasm)\//;
  test("only kernel/load.ts and the script of worker threads know WebAssembly and its loader", () => {
    const knowing = sources.filter(
      ({ names, imports }) =>
        names.has("WebAssembly") || imports.some(({ from }) => from === "@assemblyscript/loader"),
    );
    const files = knowing
      .map(({ file }) => file)
      .filter((file) => !KNOWING.includes(file) && !MADE_OF_IT.test(file));
    expect(files).toEqual([]);
  });

  test("time and chance come from the world", () => {
    const worldly = "Date performance setTimeout setInterval setImmediate Math.random crypto";
    const breaches = sources
      .filter(({ room, file }) => !WORLDLY.includes(room) || file.includes("/simulated-"))
      .flatMap(({ file, names }) =>
        worldly
          .split(" ")
          .filter((name) => names.has(name))
          .map((name) => `${file}: ${name}`),
      );
    expect(breaches).toEqual([]);
  });

  test("Node's own modules stay out of the pure rooms", () => {
    const nodeRooms =
      "files sweep transport host cli qmp live probe entry:node entry:machine".split(" ");
    const breaches = sources
      .filter(({ room }) => !nodeRooms.includes(room))
      .filter(({ imports }) => imports.some(({ from }) => from.startsWith("node:")))
      .map(({ file }) => file);
    expect(breaches).toEqual([]);
  });
});

test("no source file is too long to read", () => {
  const long = sources.filter(({ lines }) => lines > MAX_LINES);
  expect(long.map(({ file, lines }) => `${file}: ${lines} lines`)).toEqual([]);
});

test("every kernel module is held by a conformance test", () => {
  const tests = filesBelow("test/conformance").map(
    (file) => `${file}\n${readFileSync(join("test/conformance", file), "utf8")}`,
  );
  const isNamed = (module: string): boolean => {
    const name = new RegExp(`(^|[^\\w-])${module}\\.(test\\.)?ts`);
    return tests.some((text) => name.test(text));
  };
  const missing = filesBelow("assembly")
    .filter((file) => file !== "index.ts" && !file.endsWith(".d.ts"))
    .filter((file) => !isNamed(file.slice(0, -3)));
  expect(missing, "name them as module.ts in a conformance test").toEqual([]);
});

test("no file names a place on somebody's machine", () => {
  const place = /(^|[\s"'`(=:])(\/(work|home|root|Users)\/[\w.-]|[A-Z]:\\\\?Users)/m;
  const named = projectFiles()
    .filter((file) => /\.(ts|js|mjs|json|md|html|sh|yml)$|^\.ci\//.test(file))
    .filter((file) => place.test(readIfThere(file)));
  expect(named).toEqual([]);
});

/** What git has or would take; without git, what lies in the project's own folders. */
function projectFiles(): string[] {
  try {
    const args = ["ls-files", "-co", "--exclude-standard"];
    return execFileSync("git", args, { encoding: "utf8", stdio: "pipe" }).split("\n");
  } catch {
    const folders = ["src", "test", "assembly", "scripts", "bench", "docs", ".ci"];
    const below = folders.flatMap((folder) =>
      existsSync(folder)
        ? readdirSync(folder, { recursive: true, encoding: "utf8" }).map(
            (file) => `${folder}/${file}`,
          )
        : [],
    );
    return [...below, ...readdirSync(".")];
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
