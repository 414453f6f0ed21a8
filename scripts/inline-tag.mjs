// A transform of the AssemblyScript compiler: a function whose comment says @inline is inlined at every
// call. V8 inlines nothing between WebAssembly functions, and the compiler by itself only what is tiny;
// its own way of asking for more, a decorator, is no TypeScript, so nothing else could read the file.

import { Node, NodeKind } from "assemblyscript";
import { Transform } from "assemblyscript/transform";

const TAGGED = /\/\*\*(?:(?!\*\/)[\s\S])*@inline\b(?:(?!\*\/)[\s\S])*\*\/\s*(?:export\s+)?$/;

export default class extends Transform {
  afterParse({ sources }) {
    for (const { statements, text } of sources) {
      for (const statement of statements) {
        if (statement.kind !== NodeKind.FunctionDeclaration) continue;
        const { range } = statement;
        if (!TAGGED.test(text.slice(0, range.start))) continue;
        const name = Node.createIdentifierExpression("inline", range);
        statement.decorators = [Node.createDecorator(name, null, range)];
      }
    }
  }
}
