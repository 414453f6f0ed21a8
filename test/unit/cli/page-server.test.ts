import { request } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type PageServer, servePage } from "../../../src/cli/page-server.js";
import { findV86, type SiteOptions } from "../../../src/cli/page-site.js";

const WELCOME = { token: 'T"&<', version: "1", v86Problem: null, linux: null };
const SITE: SiteOptions = {
  welcome: WELCOME,
  isolated: true,
  v86Folder: findV86(),
  extra: new Map(),
};

let server: PageServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(site: Partial<SiteOptions> = {}): Promise<URL> {
  server = await servePage(0, { ...SITE, ...site }, ({ url }, socket) => {
    if (url !== "/godwit") return false;
    socket.end("HTTP/1.1 418 Taken\r\nconnection: close\r\n\r\n");
    return true;
  });
  return new URL(server.url);
}

/** As `fetch`, which does not let one lie about the host. */
function get(url: URL, path: string, host = url.host): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: url.hostname, port: url.port, path, headers: { host } });
    asked.on("response", (response) => {
      let text = "";
      response.on("data", (piece) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on("error", reject).end();
  });
}

/** The status that an attempt to open a WebSocket is answered with. */
function upgrade(url: URL, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${url.host}/godwit`, { headers });
    socket.on("unexpected-response", (_request, { statusCode }) => resolve(statusCode ?? 0));
    socket.on("error", reject);
  });
}

describe("the page's server", () => {
  test("the page has its token, and what the page may do is narrow", async () => {
    const url = await serve();
    const response = await fetch(url);
    const html = await response.text();
    expect(html).toContain('content="{&quot;token&quot;:&quot;T\\&quot;&amp;&lt;&quot;,');
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(response.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? "";
    expect((await fetch(new URL(script, url))).headers.get("content-type")).toMatch("javascript");
  });

  test("without isolation nothing is promised", async () => {
    const response = await fetch(await serve({ isolated: false }));
    expect(response.headers.get("cross-origin-opener-policy")).toBeNull();
    expect(response.headers.get("cross-origin-embedder-policy")).toBeNull();
  });

  test("v86 is the installed one, and only what the page needs of it", async () => {
    const url = await serve();
    const wasm = await fetch(new URL("/v86/v86.wasm", url));
    expect(wasm.headers.get("content-type")).toBe("application/wasm");
    expect(new Uint8Array(await wasm.arrayBuffer()).subarray(0, 4)).toEqual(
      Uint8Array.of(0, 97, 115, 109),
    );
    expect((await get(url, "/v86/../package.json")).status).toBe(404);
    expect((await get(url, "/v86/libv86.js")).status).toBe(404);
    await server?.close();
    expect((await get(await serve({ v86Folder: null }), "/v86/v86.wasm")).status).toBe(404);
  });

  test.each([
    "/assets/../index.html",
    "/assets/%2e%2e/index.html",
    "/assets/.",
    "//",
    "//x:y@z",
    "/etc/passwd",
  ])("%s is not found", async (path) => {
    expect((await get(await serve(), path)).status).toBe(404);
  });

  test("a name that was made to point here does not get the token", async () => {
    const url = await serve();
    const { status, text } = await get(url, "/", `evil.example:${url.port}`);
    expect(status).toBe(421);
    expect(text).not.toContain("token");
    expect((await get(url, "/", `localhost:${url.port}`)).status).toBe(200);
  });

  test("a WebSocket is taken from our own page and from programs, not from foreign pages", async () => {
    const url = await serve();
    expect(await upgrade(url, { origin: url.origin })).toBe(418);
    expect(await upgrade(url, {})).toBe(418);
    expect(await upgrade(url, { origin: "https://evil.example" })).toBe(403);
    expect(await upgrade(url, { origin: "null" })).toBe(403);
    expect(await upgrade(url, { host: `evil.example:${url.port}` })).toBe(403);
  });

  test("a port in use is an error that says so", async () => {
    const url = await serve();
    const second = servePage(Number(url.port), SITE, () => false);
    await expect(second).rejects.toThrow(/^port: got "\d+", expected a free port.*is in use/);
  });
});
