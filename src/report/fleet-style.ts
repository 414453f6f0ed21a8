/** What a fleet's page has besides the style of every page. */
export const FLEET_STYLE = `
.numbers div{flex-basis:220px}
.fleet-map .stage{position:relative;cursor:crosshair;touch-action:pan-y}
.fleet-map canvas{position:absolute;left:0;top:0}
.fleet-map .tip{position:absolute;z-index:2;pointer-events:none;max-width:360px;padding:8px 11px;border-radius:8px;background:var(--card);border:1px solid var(--line);box-shadow:0 6px 24px #0003;font-size:13px;line-height:1.45}
.tip small{display:block;color:var(--muted);font-size:12px;margin-top:3px}
.legend{display:flex;flex-wrap:wrap;gap:6px 16px;align-items:center;margin:10px 34px 4px 84px;font-size:13px;color:var(--muted)}
.legend span,.legend button{display:inline-flex;align-items:center;gap:6px}
.legend i{width:12px;height:12px;border-radius:3px;border:1px solid var(--line)}
.legend i.ramp{width:86px;border:0}.legend i.stroke{width:16px;height:4px;border:0;border-radius:2px}
.legend button{font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:99px;padding:1px 10px;cursor:pointer}
.legend button b{font-weight:600;color:var(--ink)}
.legend button[aria-pressed=false]{opacity:.45;text-decoration:line-through}
.hint{font-size:13px;margin:0 34px 14px 84px;min-height:20px}
.fleet-charts{min-width:0}.fleet-chart p{display:flex;flex-wrap:wrap;gap:2px 14px;margin:6px 34px 0 84px;font-size:13px;color:var(--muted)}
.fleet-chart p b{font-weight:600;min-width:130px}.fleet-chart .reading{margin-right:14px}
.fleet-chart .reading i{display:inline-block;width:8px;height:8px;border-radius:2px;margin-right:6px}
.fleet-chart .u-select{background:color-mix(in srgb,var(--accent) 18%,transparent)}
.fleet-chart .u-hz .u-cursor-x{border-right:1px solid var(--muted)}
.scroll{max-height:420px;overflow-y:auto}
.scroll thead th{position:sticky;top:0;background:var(--card)}
.reasons{margin:0;padding:0;list-style:none;font-size:14px}
.reasons li{display:flex;gap:12px;padding:6px 0;border-bottom:1px solid var(--line)}.reasons li:last-child{border:0}
.reasons b{min-width:64px;text-align:right;font-weight:650}
.narrow svg{min-width:0}
.wrap td:last-child{white-space:normal;min-width:240px}
`;
