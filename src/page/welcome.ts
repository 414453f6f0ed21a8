/** What the server told the page when it served it. */
export interface Welcome {
  readonly token: string;
  readonly version: string;
  readonly v86Problem: string | null;
  readonly linux: Readonly<Record<string, string>> | null;
}

/** Reads what stands in the page; null: it was not served by `godwit page`. */
export function readWelcome(): Welcome | null {
  const content = document.querySelector<HTMLMetaElement>("meta[name=godwit]")?.content ?? "";
  return content === "" ? null : (JSON.parse(content) as Welcome);
}

/** Where the server's WebSockets are. */
export function serverBase(): string {
  return `ws://${location.host}`;
}
