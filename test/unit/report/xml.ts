/** The names of a document's elements in order, or an error at the first fault in its form. Enough of XML for our pictures. */
export function readXml(text: string): string[] {
  const names: string[] = [];
  const open: string[] = [];
  const token = /<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (match === null) throw new Error(`not well-formed at ${at}: ${text.slice(at, at + 80)}`);
    const [, closing, name = "", attributes = "", empty, words = ""] = match;
    if (/&(?!(amp|lt|gt|quot|#39);)/.test(words + attributes)) throw new Error(`a bare & at ${at}`);
    const keys = [...attributes.matchAll(/([\w:-]+)="/g)].map((found) => found[1]);
    if (new Set(keys).size < keys.length) throw new Error(`an attribute twice at ${at}`);
    if (name === "") continue;
    if (closing === "/") {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing at ${at}`);
      continue;
    }
    names.push(name);
    if (empty !== "/") open.push(name);
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is never closed`);
  return names;
}
