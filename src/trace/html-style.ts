/** The style of the HTML report: two themes, a phone's width, and paper. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; --ink: #1c2430; --soft: #566070; --line: #d5dae1; --lane: #c3cad4;
  --accent: #2450b8; --good: #17703c; --bad: #b3261e; --warn: #8a5300; --bad-back: #fdf0ef; --code: #f0f2f5;
  --name: #5b2c91; --name-back: #f2ebfa; --bar: #5f86dd; }
@media (prefers-color-scheme: dark) { :root { --page: #10141a; --card: #181d25; --ink: #e6e9ee; --soft: #a4aebb; --line: #303845; --lane: #3d4756;
  --accent: #94b6ff; --good: #6fd398; --bad: #ff9c94; --warn: #f0bd68; --bad-back: #2c1a1c; --code: #202733;
  --name: #d4b5fb; --name-back: #2c2340; --bar: #5b80d6; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 66rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.to-main { position: absolute; left: -100rem; } .to-main:focus { position: static; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .8rem; }
h2 { margin: 0 0 .5rem; font-size: 1.15rem; }
h3 { margin: 0 0 .4rem; font-size: .95rem; }
h4 { margin: .9rem 0 .3rem; font-size: .8rem; font-weight: 600; color: var(--soft); }
.kind { margin: 0; color: var(--soft); font-size: .9rem; }
.badge { font-size: .85rem; font-weight: 600; padding: .1rem .7rem; border-radius: 1rem; border: 1.5px solid currentColor; color: var(--good); }
.badge.failed { color: var(--bad); } .badge.interrupted { color: var(--warn); }
.facts { margin: .5rem 0 0; display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; color: var(--soft); font-size: .9rem; }
nav ul { list-style: none; margin: .8rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
.card { margin-top: 1.2rem; padding: 1.1rem 1.2rem; background: var(--card); border: 1px solid var(--line); border-radius: .7rem; }
.hint, .why { color: var(--soft); font-size: .9rem; } .hint { margin: 0 0 .8rem; }
.outcome { border-left: .35rem solid var(--good); } .outcome.failed { border-left-color: var(--bad); }
.outcome p { margin: 0; } .outcome .message { font-size: 1.1rem; font-weight: 600; margin: 0; }
.outcome h3 { margin-top: 1rem; } .outcome ol { margin: 0; padding-left: 1.4rem; }
.outcome .code { margin-top: .8rem; color: var(--soft); font-size: .9rem; }

.heads, .events { list-style: none; margin: 0; padding: 0; }
.heads { position: sticky; top: 0; z-index: 1; display: grid; grid-template-columns: repeat(3, 1fr); padding: .3rem 0; margin-left: 2.4rem; background: var(--card); }
.heads li { text-align: center; font-weight: 600; font-size: .9rem; }
.heads span { display: inline-block; padding: .15rem .8rem; border: 1.5px solid var(--lane); border-radius: .5rem; background: var(--card); }
.event > summary { display: flex; align-items: stretch; list-style: none; cursor: pointer; border-radius: .4rem; }
.event > summary::-webkit-details-marker { display: none; }
.event > summary:hover, .event[open] > summary { background: var(--code); }
.number { flex: none; width: 2.4rem; padding: .45rem .3rem 0 .2rem; color: var(--soft); font-size: .85rem; font-variant-numeric: tabular-nums; }
.event > summary .number::before { content: "▸ "; } .event[open] > summary .number::before { content: "▾ "; }
.lanes { flex: 1; min-width: 0; position: relative; display: block; padding: .45rem 0 .55rem; }
.lanes::before { content: ""; position: absolute; inset: 0; pointer-events: none;
  background: linear-gradient(var(--lane), var(--lane)) calc(100% / 6) 0 / 2px 100% no-repeat,
    linear-gradient(var(--lane), var(--lane)) 50% 0 / 2px 100% no-repeat,
    linear-gradient(var(--lane), var(--lane)) calc(500% / 6) 0 / 2px 100% no-repeat; }
.label { position: relative; display: block; width: fit-content; max-width: 100%; font-size: .9rem; line-height: 1.3; text-align: center; padding: 0 .4rem; background: var(--card); border-radius: .3rem; overflow-wrap: anywhere; }
.event > summary:hover .label, .event[open] > summary .label { background: var(--code); }
.about { color: var(--soft); font-weight: 400; font-size: .82rem; }
.bad .label { color: var(--bad); font-weight: 600; }
.label.back { color: var(--soft); font-size: .82rem; font-variant-numeric: tabular-nums; } .bad .label.back { color: var(--bad); }
/* Between which lanes: the middles of the three are at 1/6, 3/6 and 5/6. */
.cli-provider .lanes > .label { margin-left: calc(400% / 6); transform: translateX(-50%); }
.browser-cli .lanes > .label, .cli-browser .lanes > .label { margin-left: calc(200% / 6); transform: translateX(-50%); }
.browser-provider .lanes > .label, .provider-browser .lanes > .label { margin-left: 50%; transform: translateX(-50%); }
.arrow { position: relative; display: block; height: 2px; margin: .3rem 0 .35rem; background: var(--accent); width: calc(200% / 6); margin-left: 50%; }
.arrow.far { width: calc(400% / 6); margin-left: calc(100% / 6); }
.browser-cli .arrow, .cli-browser .arrow { margin-left: calc(100% / 6); }
.arrow::after { content: ""; position: absolute; top: 50%; right: 0; border: 5px solid transparent; border-left: 8px solid var(--accent); border-right: 0; transform: translateY(-50%); }
.arrow.leftward::after { right: auto; left: 0; border: 5px solid transparent; border-right: 8px solid var(--accent); border-left: 0; }
.arrow.back { background: repeating-linear-gradient(90deg, var(--soft) 0 6px, transparent 6px 10px); margin-bottom: .15rem; }
.arrow.back::after { border-right-color: var(--soft); }
.bad .arrow { background: var(--bad); } .bad .arrow::after { border-left-color: var(--bad); }
.bad .arrow.back { background: repeating-linear-gradient(90deg, var(--bad) 0 6px, transparent 6px 10px); } .bad .arrow.back::after { border-right-color: var(--bad); border-left-color: transparent; }
.own { display: block; text-align: center; } .own .label { display: inline-block; width: auto; border: 1.5px solid var(--lane); padding: .1rem .7rem; border-radius: 1rem; }
.bad .own .label { border-color: var(--bad); }
.browser-browser .own { width: calc(200% / 6); } .provider-provider .own { margin-left: calc(400% / 6); }
.aside { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.inside { margin: .2rem 0 1rem 2.4rem; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .5rem; font-size: .92rem; }
.inside > .why { margin: 0 0 .6rem; } .inside p { margin: .3rem 0; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.5rem; }
.line, .value, pre, code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: .85rem; }
.line .value, pre .value { font-size: inherit; }
.value, .line, dt, dd, li, td, .message { overflow-wrap: anywhere; }
.line strong { font-family: inherit; }
pre { margin: .2rem 0; padding: .6rem .7rem; background: var(--code); border-radius: .4rem; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.45; }
dl { margin: 0; } dl > div { padding: .3rem 0; border-top: 1px solid var(--line); }
dt { font-weight: 600; font-size: .85rem; } dd { margin: 0; } dd .why { display: block; font-size: .82rem; }
.token { margin: .3rem 0 .3rem .2rem; padding-left: .7rem; border-left: 3px solid var(--line); } .token p { margin: .3rem 0 0; font-size: .8rem; font-weight: 600; color: var(--soft); }
.more { margin-top: .6rem; } .more > summary { color: var(--accent); cursor: pointer; font-size: .88rem; width: fit-content; }
.failed-words { color: var(--bad); font-weight: 600; }
.name { color: var(--name); background: var(--name-back); border-radius: .3rem; padding: 0 .3rem; text-decoration: none; white-space: nowrap; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .85rem; font-weight: 400; }
a.name { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 2px; }
pre .name, .value .name { font-size: inherit; }

table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem .4rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-size: .82rem; font-weight: 600; }
tbody th { font-weight: 600; }
.checks th[scope=row], .outcome .code a { white-space: nowrap; }
.verdict { white-space: nowrap; color: var(--soft); } .pass .verdict { color: var(--good); } .fail .verdict { color: var(--bad); font-weight: 600; } .warn .verdict { color: var(--warn); font-weight: 600; }
tr.fail { background: var(--bad-back); }
.times th[scope=row] { width: 16rem; font-weight: 400; } .times th .number { padding: 0; display: inline-block; width: 1.6rem; }
.bar span { display: block; min-width: 3px; height: .8rem; margin-top: .35rem; border-radius: .2rem; background: var(--bar); } .fail .bar span { background: var(--bad); }
.took { width: 5.5rem; text-align: right; padding-right: .4rem; white-space: nowrap; font-variant-numeric: tabular-nums; } .times thead th:last-child { text-align: right; padding-right: .4rem; }
.names ul { margin: 0; padding: 0; list-style: none; } .names th[scope=row] { width: 8rem; }
tr:target { background: var(--name-back); }
footer { margin-top: 1.5rem; color: var(--soft); font-size: .88rem; }

@media (max-width: 44rem) {
  body { padding: 1rem .7rem 2rem; } .card { padding: .9rem .8rem; } h1 { font-size: 1.3rem; }
  .heads { margin-left: 1.9rem; } .heads span { padding: .1rem .4rem; } .number { width: 1.9rem; padding-left: 0; font-size: .8rem; }
  .label { font-size: .8rem; line-height: 1.25; padding: 0 .2rem; max-width: 11rem; }
  .cli-provider .lanes > .label { margin-left: auto; transform: none; }
  .browser-cli .lanes > .label, .cli-browser .lanes > .label { margin-left: 0; transform: none; }
  .inside { margin-left: 0; padding: .7rem; } .pair { grid-template-columns: minmax(0, 1fr); }
  .checks thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .checks tr { display: grid; grid-template-columns: 1fr auto; padding: .4rem 0; border-top: 1px solid var(--line); }
  .checks th, .checks td { border: 0; padding: 0 .3rem; } .checks td[data-label] { grid-column: 1 / -1; }
  .checks td[data-label]::before { content: attr(data-label) " "; color: var(--soft); font-size: .82rem; }
  .times th[scope=row] { width: 9rem; } .took { width: 4.5rem; } .names th[scope=row] { width: 6rem; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --lane: #999; --accent: #1d3f8f; --good: #0d5a2e; --bad: #9b1c15; --warn: #6b4100;
    --bad-back: #f6f6f6; --code: #f6f6f6; --name: #000; --name-back: #eee; --bar: #555; }
  body { max-width: none; padding: 0; font-size: 10pt; } nav, .to-main, .hint { display: none; } .heads { position: static; }
  .card { border: 0; padding: 0; margin-top: 1.2rem; } .outcome { padding-left: .8rem; border-left: .35rem solid; }
  .bar span, .arrow, .lanes::before, .name { print-color-adjust: exact; }
  details::details-content { content-visibility: visible; block-size: auto; display: block; }
  summary, tr, .arrow, dl > div { break-inside: avoid; }
}
`;
