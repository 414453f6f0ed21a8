import { UPLOT_STYLE } from "./uplot.generated.js";

/** What all pages look like, but for their charts. */
export const BASE_STYLE: string = `:root{--paper:#f5f6f8;--card:#fff;--ink:#1a2230;--muted:#5f6b7c;--line:#e3e7ed;--accent:#2f5fd0;--good:#1b8a5a;--bad:#d13438;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--paper:#0d1117;--card:#141922;--ink:#e8ecf2;--muted:#9aa6b8;--line:#262e3b;--accent:#7ea2f5;--good:#46c08a;--bad:#ff6b6f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:32px 20px 48px}
header{margin-bottom:24px}
.mark{color:var(--accent);font-weight:600;letter-spacing:.02em}
h1{font-size:26px;line-height:1.25;margin:4px 0 4px;font-weight:650}
h2{font-size:20px;margin:40px 0 12px;font-weight:650;scroll-margin-top:16px}
h3{font-size:13px;margin:0 0 8px;font-weight:600;color:var(--muted)}
p{margin:0}.muted{color:var(--muted)}.good{color:var(--good)}.bad{color:var(--bad)}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px;margin-bottom:16px;overflow-x:auto}
.numbers{display:flex;flex-wrap:wrap;gap:1px;background:var(--line);border:1px solid var(--line);border-radius:10px;overflow:hidden;margin-bottom:16px}
.numbers div{background:var(--card);padding:14px 16px;flex:1 1 118px}
.numbers b{display:block;font-size:20px;line-height:1.3;font-weight:650;white-space:nowrap}
.numbers span{color:var(--muted);font-size:13px}
.picture{padding:0;line-height:0}.picture svg{width:100%;height:auto;min-width:640px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:16px}
.chart{min-height:290px}.chart .u-legend{font-size:13px;color:var(--muted);text-align:left}
.rows{border-collapse:collapse;width:100%;font-size:14px}
.rows th{color:var(--muted);font-weight:600;font-size:13px}
.rows th,.rows td{text-align:right;padding:6px 10px;border-bottom:1px solid var(--line);white-space:nowrap}
.rows tr:last-child td{border-bottom:0}
.rows .left{text-align:left}
.facts td{white-space:normal}.facts td:first-child{color:var(--muted);width:180px;white-space:nowrap}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
footer{color:var(--muted);font-size:13px;margin-top:32px}
@media(max-width:520px){.pair{grid-template-columns:1fr}}
@media print{body{background:#fff}.card,.numbers{break-inside:avoid}}
`;

/** Style sheet of a report page; light or dark as the reader's system is, and sober on paper. */
export const HTML_STYLE: string = `${UPLOT_STYLE}
${BASE_STYLE}`;
