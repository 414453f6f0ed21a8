import { BASE_STYLE } from "../report/html-style.js";

/** Style sheet of the page; the report's, and what only a running machine needs. */
export const PAGE_STYLE: string = `${BASE_STYLE}
main{max-width:1240px}
[hidden]{display:none!important}
.hint{font-weight:400;float:right}
button,select{font:inherit;font-size:14px;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:7px;padding:5px 12px;cursor:pointer}
button:hover:not(:disabled),select:hover{border-color:var(--accent)}
button:disabled,select:disabled{color:var(--muted);cursor:default;opacity:.6}
button.main{background:var(--accent);border-color:var(--accent);color:#fff}
button+button{margin-left:6px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.notice{border:1px solid var(--line);border-left:4px solid var(--bad);background:var(--card);border-radius:7px;padding:10px 14px;margin-bottom:12px;display:flex;gap:12px;justify-content:space-between;align-items:start}
.notice.plain{border-left-color:var(--accent)}
.notice button{border:0;padding:0 4px;color:var(--muted)}
.places td:last-child{width:1%}.places td{height:46px}
.places .here td:first-child{font-weight:600}
.choices{display:flex;flex-wrap:wrap;gap:8px 20px;align-items:center;margin:12px 0 4px}
.choices a{margin-left:auto}
.stage{display:grid;grid-template-columns:minmax(0,3fr) minmax(300px,2fr);gap:0 16px}
.glass{margin:0;background:#0b0f14;color:#d7dde6;border-radius:7px;padding:10px 12px;font:13px/1.3 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;overflow:auto}
#screen{height:28em;line-height:1.02}
#console{height:17em;white-space:pre-wrap;overflow-wrap:anywhere}
#console:focus{outline:2px solid var(--accent);outline-offset:1px}
.off{color:#6b7686}
.downtime b{display:block;font-size:52px;line-height:1.1;font-weight:700;letter-spacing:-.02em}
.downtime b.counting{color:var(--bad)}
#map{width:100%;height:auto;image-rendering:pixelated;border:1px solid var(--line);border-radius:4px;display:block}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:8px;color:var(--muted);font-size:13px}
.legend i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px;border:1px solid var(--line)}
.scroll{overflow-x:auto}
@media(max-width:860px){.stage{grid-template-columns:minmax(0,1fr)}main{padding:20px 12px 32px}h1{font-size:22px}.choices a{margin-left:0}}
@media(max-width:560px){.glass{font-size:10.5px;padding:8px}.places td:last-child{width:auto}.places td,.places th{padding:6px 4px;white-space:normal}.card{padding:12px}}
`;
