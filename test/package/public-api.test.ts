import { existsSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";

/**
 * Everything an entry exports, a line each: kind and name, sorted. The snapshot changes on purpose only:
 * `npx vitest run --project node test/package/public-api.test.ts --update`.
 */
function exportsOf(entry: string): string {
  if (!existsSync(entry)) throw new Error(`${entry} is missing: run \`npm run build\` first`);
  const options = { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023 };
  const program = ts.createProgram([entry], { ...options, skipLibCheck: true, noEmit: true });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(entry);
  const module = file && checker.getSymbolAtLocation(file);
  if (!module) throw new Error(`${entry} exports nothing`);
  const lines = checker.getExportsOfModule(module).map((symbol) => {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    if (isTypeOnly(symbol)) return `type ${symbol.name}`;
    return `${kindOf(isAlias ? checker.getAliasedSymbol(symbol) : symbol)} ${symbol.name}`;
  });
  return `${lines.sort().join("\n")}\n`;
}

/** A class may be named for its shape alone. */
function isTypeOnly({ declarations }: ts.Symbol): boolean {
  return declarations?.some(ts.isTypeOnlyExportDeclaration) ?? false;
}

function kindOf({ flags }: ts.Symbol): string {
  if (flags & ts.SymbolFlags.Class) return "class";
  if (flags & ts.SymbolFlags.Function) return "function";
  if (flags & ts.SymbolFlags.Variable) return "const";
  if (flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) return "type";
  return "other";
}

const ENTRIES = ["node", "browser", "predict", "qemu", "fleet", "machine", "machine-browser"];

test.each(ENTRIES)("the exports of the %s entry", async (entry) => {
  const names = exportsOf(`dist/${entry}.d.ts`);
  await expect(names).toMatchFileSnapshot(`public-api.${entry}.txt`);
});

test.each(ENTRIES)("the %s entry loads in Node and has the values it declares", async (entry) => {
  const declared = exportsOf(`dist/${entry}.d.ts`)
    .split("\n")
    .filter((line) => /^(class|function|const) /.test(line))
    .map((line) => line.split(" ")[1]);
  const path = `../../dist/${entry}.js`;
  const module: object = await import(/* @vite-ignore */ path);
  expect(Object.keys(module).sort()).toEqual(declared.sort());
});
