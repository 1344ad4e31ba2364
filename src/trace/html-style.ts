/** The style of the HTML report: two themes, a phone's width, and paper. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; --ink: #1b2330; --soft: #55606f; --line: #dde1e7; --lane: #c6cdd7;
  --accent: #2450b8; --good: #17703c; --bad: #b3261e; --warn: #8a5300; --good-back: #eef7f1; --bad-back: #fdf0ef; --warn-back: #fbf3e4;
  --code: #f1f3f6; --name: #5b2c91; --name-back: #f2ebfa;
  --bar-own: #9aa5b4; --bar-connecting: #c08a2d; --bar-waiting: #4f7bdc; --bar-receiving: #2f9c83; --bar-browser: #b9aad6; }
@media (prefers-color-scheme: dark) { :root { --page: #0f1319; --card: #171c24; --ink: #e7eaef; --soft: #a3adba; --line: #2d3542; --lane: #3c4656;
  --accent: #9bbcff; --good: #72d69b; --bad: #ff9f97; --warn: #f2c06c; --good-back: #14261c; --bad-back: #2c1a1c; --warn-back: #2a2214;
  --code: #1f2631; --name: #d6b8fb; --name-back: #2c2340;
  --bar-own: #7d899a; --bar-connecting: #d1a04a; --bar-waiting: #6b93ea; --bar-receiving: #4cb89f; --bar-browser: #6d5f8e; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 3rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0 auto; padding: 1.8rem 1.2rem 3rem; max-width: 68rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; -webkit-text-size-adjust: 100%; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.to-main { position: absolute; left: -100rem; } .to-main:focus { position: static; }
h1 { margin: 0; font-size: 1.65rem; line-height: 1.25; letter-spacing: -.01em; display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .8rem; }
h2 { margin: 0 0 .5rem; font-size: 1.15rem; }
h3 { margin: 0 0 .4rem; font-size: .95rem; }
h3.of { margin-top: 1.3rem; } h3.of a { color: inherit; text-decoration-color: var(--lane); text-underline-offset: 3px; }
h4 { margin: .9rem 0 .3rem; font-size: .8rem; font-weight: 600; color: var(--soft); }
.kind { margin: 0; color: var(--soft); font-size: .9rem; }
.badge { flex: none; font-size: .85rem; font-weight: 600; line-height: 1.5; padding: .05rem .7rem; border-radius: 1rem; border: 1.5px solid currentColor; color: var(--good); background: var(--good-back); white-space: nowrap; }
.badge.failed { color: var(--bad); background: var(--bad-back); } .badge.interrupted, .badge.flaky { color: var(--warn); background: var(--warn-back); }
.badge.not-run { color: var(--soft); background: var(--code); }
.facts { margin: .5rem 0 0; display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; color: var(--soft); font-size: .9rem; font-variant-numeric: tabular-nums; }
nav ul { list-style: none; margin: .8rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
.card { margin-top: 1.2rem; padding: 1.2rem 1.3rem; background: var(--card); border: 1px solid var(--line); border-radius: .7rem; }
.hint, .why { color: var(--soft); font-size: .9rem; } .hint { margin: 0 0 .8rem; }
.outcome.card { border-left: .35rem solid var(--good); } .outcome.card.failed { border-left-color: var(--bad); } .outcome.card.interrupted { border-left-color: var(--warn); }
.outcome p { margin: 0; } .outcome .message { font-size: 1.15rem; line-height: 1.4; font-weight: 600; margin: 0; }
.outcome h3 { margin-top: 1rem; } .outcome ol { margin: 0; padding-left: 1.4rem; }
.outcome .code { margin-top: .8rem; color: var(--soft); font-size: .9rem; }
.glance { margin-top: 1.1rem; padding-top: .9rem; border-top: 1px solid var(--line); display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .2rem 1.2rem; font-size: .9rem; }
.glance > div { display: contents; } .glance dt { font-weight: 400; font-size: inherit; color: var(--soft); }

.diagram { position: relative; }
.heads, .events { list-style: none; margin: 0; padding: 0; }
.heads { position: sticky; top: 0; z-index: 1; display: grid; grid-template-columns: repeat(3, 1fr); padding: .3rem 0; margin-left: 2.6rem; background: var(--card); }
.heads li { text-align: center; font-weight: 600; font-size: .9rem; }
.heads span { display: inline-block; padding: .2rem .9rem; border: 1.5px solid var(--lane); border-radius: .5rem; background: var(--card); }
.event > summary { display: flex; align-items: stretch; list-style: none; cursor: pointer; border-radius: .4rem; }
.event > summary::-webkit-details-marker, .job > summary::-webkit-details-marker { display: none; }
.event > summary:hover, .event[open] > summary { background: var(--code); }
.number { flex: none; width: 2.6rem; white-space: nowrap; padding: .45rem .3rem 0 .3rem; color: var(--soft); font-size: .85rem; font-variant-numeric: tabular-nums; }
.event > summary .number::before, .job > summary::before { content: ""; display: inline-block; width: .38rem; height: .38rem; margin-right: .45rem; border: solid var(--soft); border-width: 0 1.5px 1.5px 0; transform: rotate(-45deg); vertical-align: .12rem; }
.event[open] > summary .number::before, .job[open] > summary::before { transform: rotate(45deg); vertical-align: .2rem; }
.lanes { flex: 1; min-width: 0; position: relative; display: block; padding: .5rem 0 .6rem; }
.lanes::before { content: ""; position: absolute; inset: 0; pointer-events: none;
  background: linear-gradient(var(--lane), var(--lane)) calc(100% / 6) 0 / 2px 100% no-repeat,
    linear-gradient(var(--lane), var(--lane)) 50% 0 / 2px 100% no-repeat,
    linear-gradient(var(--lane), var(--lane)) calc(500% / 6) 0 / 2px 100% no-repeat; }
.label { position: relative; display: block; width: fit-content; max-width: calc(200% / 6 - 1rem); font-size: .92rem; line-height: 1.3; text-align: center; text-wrap: balance; padding: 0 .4rem; background: var(--card); border-radius: .3rem; overflow-wrap: anywhere; }
.event > summary:hover .label, .event[open] > summary .label { background: var(--code); }
.gist { display: inline-block; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; color: var(--soft); font-weight: 400; font-size: .8rem; }
.bad .label { color: var(--bad); font-weight: 600; } .refused .label { color: var(--warn); }
.label.back { color: var(--soft); font-size: .82rem; font-weight: 400; font-variant-numeric: tabular-nums; } .bad .label.back { color: var(--bad); font-weight: 600; } .refused .label.back { color: var(--warn); }
/* Between which lanes: the middles of the three are at 1/6, 3/6 and 5/6. */
.cli-provider .lanes > .label { margin-left: calc(400% / 6); transform: translateX(-50%); }
.browser-cli .lanes > .label, .cli-browser .lanes > .label { margin-left: calc(200% / 6); transform: translateX(-50%); }
.browser-provider .lanes > .label, .provider-browser .lanes > .label { margin-left: 50%; transform: translateX(-50%); max-width: calc(400% / 6 - 1rem); }
.arrow { position: relative; display: block; height: 2px; margin: .3rem 0 .35rem; background: var(--accent); width: calc(200% / 6); margin-left: 50%; }
.arrow.far { width: calc(400% / 6); margin-left: calc(100% / 6); }
.browser-cli .arrow, .cli-browser .arrow { margin-left: calc(100% / 6); }
.arrow::after { content: ""; position: absolute; top: 50%; right: 0; border: 5px solid transparent; border-left: 8px solid var(--accent); border-right: 0; transform: translateY(-50%); }
.arrow.leftward::after { right: auto; left: 0; border: 5px solid transparent; border-right: 8px solid var(--accent); border-left: 0; }
.arrow.back { background: repeating-linear-gradient(90deg, var(--soft) 0 6px, transparent 6px 10px); margin-bottom: .15rem; }
.arrow.back::after { border-right-color: var(--soft); }
.bad .arrow { background: var(--bad); } .bad .arrow::after { border-left-color: var(--bad); }
.bad .arrow.back { background: repeating-linear-gradient(90deg, var(--bad) 0 6px, transparent 6px 10px); } .bad .arrow.back::after { border-right-color: var(--bad); border-left-color: transparent; }
.own { display: block; text-align: center; } .own .label { display: inline-block; width: auto; max-width: 78%; border: 1.5px solid var(--lane); padding: .1rem .8rem; border-radius: 1rem; }
.bad .own .label { border-color: var(--bad); }
.browser-browser .own { width: calc(200% / 6); } .provider-provider .own { margin-left: calc(400% / 6); }
.aside { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.inside { margin: .3rem 0 1rem 2.6rem; padding: .9rem 1.1rem; border: 1px solid var(--line); border-radius: .5rem; font-size: .92rem; }
.inside > .why { margin: 0 0 .7rem; } .inside p { margin: .3rem 0; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.8rem; }
.line, .value, pre, code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: .85rem; }
.line .value, pre .value, .glance .value { font-size: inherit; } .line .why { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.value, .line, dt, dd, li, td, .message { overflow-wrap: anywhere; }
.line strong { font-family: inherit; }
pre { margin: .2rem 0; padding: .6rem .7rem; background: var(--code); border-radius: .4rem; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.45; }
.said { color: var(--soft); font-style: italic; }
dl { margin: 0; } dl > div { padding: .3rem 0; border-top: 1px solid var(--line); } h4 + dl > div:first-child { border-top: 0; padding-top: 0; }
dt { font-weight: 600; font-size: .85rem; } dd { margin: 0; } dd .why { display: block; font-size: .82rem; }
.token { margin: .3rem 0 .3rem .2rem; padding-left: .7rem; border-left: 3px solid var(--line); } .token p { margin: .3rem 0 0; font-size: .8rem; font-weight: 600; color: var(--soft); }
.more { margin-top: .7rem; } .more > summary { color: var(--accent); cursor: pointer; font-size: .88rem; width: fit-content; }
.failed-words { color: var(--bad); font-weight: 600; } .refused .failed-words { color: var(--warn); }
.name { color: var(--name); background: var(--name-back); border-radius: .3rem; padding: 0 .3rem; text-decoration: none; white-space: nowrap; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .85rem; font-weight: 400; }
a.name { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 2px; }
pre .name, .value .name { font-size: inherit; }

table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .42rem .8rem .42rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-size: .82rem; font-weight: 600; }
tbody th { font-weight: 600; }
.checks th[scope=row], .outcome .code a { white-space: nowrap; }
.verdict { white-space: nowrap; color: var(--soft); } .pass .verdict { color: var(--good); } .fail .verdict { color: var(--bad); font-weight: 600; } .warn .verdict { color: var(--warn); font-weight: 600; }
.skip th, .skip .value { color: var(--soft); font-weight: 400; }
.checks tr.fail { background: var(--bad-back); } .checks tr.fail > :first-child { box-shadow: inset .2rem 0 var(--bad); padding-left: .6rem; }
.jobs { margin-top: 1.1rem; } .jobs td:first-child { width: 1%; } .jobs tbody th { min-width: 10rem; } .jobs .took { padding-right: 0; }
.job > summary { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .8rem; list-style: none; cursor: pointer; margin: -.4rem 0; padding: .4rem 0; }
.job > summary::before { flex: none; margin: 0; } .job > summary h2 { margin: 0; font-size: 1.05rem; overflow-wrap: anywhere; }
.job[open] > summary { margin-bottom: .8rem; } .job > h3 { margin-top: 1.4rem; }
.job > .outcome { margin-bottom: 1.2rem; padding: .9rem 1.1rem; border-radius: .5rem; background: var(--bad-back); } .job > .outcome .message { font-size: 1.02rem; }
.legend { list-style: none; margin: 0 0 .4rem; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; color: var(--soft); font-size: .82rem; }
.key { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; border-radius: .2rem; vertical-align: -.08rem; }
.times th[scope=row] { width: 13rem; padding-left: 1.8rem; text-indent: -1.8rem; font-weight: 400; } .times th .number { padding: 0; display: inline-block; width: 1.8rem; text-indent: 0; }
.times th a { color: inherit; text-decoration-color: var(--lane); text-underline-offset: 3px; }
.bar .whole { display: flex; min-width: 3px; height: .85rem; margin-top: .32rem; border-radius: .2rem; overflow: hidden; }
.whole > span { flex-basis: 0; min-width: 0; }
.own.key, .whole .own { background: var(--bar-own); } .connecting.key, .whole .connecting { background: var(--bar-connecting); } .waiting.key, .whole .waiting { background: var(--bar-waiting); }
.receiving.key, .whole .receiving { background: var(--bar-receiving); } .browser.key, .whole .browser { background: repeating-linear-gradient(135deg, var(--bar-browser) 0 5px, transparent 5px 8px); border: 1px solid var(--bar-browser); border-radius: .2rem; }
.took, th.took { width: 5.5rem; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.times .fail th, .times .fail .took { color: var(--bad); } .parts { width: 19rem; color: var(--soft); } td.parts { font-size: .82rem; line-height: 1.7; }
.names ul { margin: 0; padding: 0; list-style: none; } .names th[scope=row] { width: 8rem; }
tr:target { background: var(--name-back); }
footer { margin-top: 1.5rem; color: var(--soft); font-size: .88rem; }

@media (max-width: 44rem) {
  html { scroll-padding-top: 2.6rem; }
  body { padding: 1.1rem .7rem 2rem; } .card { padding: .95rem .85rem; } h1 { font-size: 1.35rem; }
  .glance { grid-template-columns: minmax(0, 1fr); gap: 0; } .glance dd { margin-bottom: .4rem; }
  .heads { margin-left: 2.1rem; } .heads span { padding: .1rem .4rem; } .number { width: 2.1rem; padding-left: 0; padding-right: 0; font-size: .8rem; }
  .event > summary .number::before { margin-right: .3rem; }
  .label { font-size: .82rem; line-height: 1.25; padding: 0 .2rem; max-width: 11rem; } .lanes .gist, .phrase { display: none; } .own .label { max-width: 100%; }
  .cli-provider .lanes > .label { margin-left: auto; transform: none; }
  .browser-cli .lanes > .label, .cli-browser .lanes > .label { margin-left: 0; transform: none; }
  .inside { margin-left: 0; padding: .75rem; } .pair { grid-template-columns: minmax(0, 1fr); gap: 1.2rem; }
  .checks thead, .jobs thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .checks tr { display: grid; grid-template-columns: 1fr auto; padding: .45rem 0; border-top: 1px solid var(--line); }
  .checks th, .checks td { border: 0; padding: 0 .3rem; } .checks td[data-label] { grid-column: 1 / -1; }
  .checks td[data-label]::before { content: attr(data-label) " "; color: var(--soft); font-size: .82rem; }
  .jobs tr { display: grid; grid-template-columns: auto 1fr auto; gap: 0 .6rem; padding: .5rem 0; border-top: 1px solid var(--line); }
  .jobs th, .jobs td { border: 0; padding: 0; } .jobs td:first-child { width: auto; } .jobs tbody th { min-width: 0; } .jobs td:nth-child(3) { grid-row: 2; grid-column: 1 / -1; } .jobs .took { width: auto; }
  .times th[scope=row] { width: 8.2rem; } .took, th.took { width: 4.6rem; padding-right: 0; } .parts { display: none; } .names th[scope=row] { width: 6rem; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --lane: #999; --accent: #1d3f8f; --good: #0d5a2e; --bad: #9b1c15; --warn: #6b4100;
    --good-back: #fff; --bad-back: #f6f6f6; --warn-back: #fff; --code: #f6f6f6; --name: #000; --name-back: #eee;
    --bar-own: #999; --bar-connecting: #c08a2d; --bar-waiting: #4f7bdc; --bar-receiving: #2f9c83; --bar-browser: #aaa; }
  body { max-width: none; padding: 0; font-size: 10pt; } nav, .to-main, .hint { display: none; } .heads { position: static; }
  .card { border: 0; padding: 0; margin-top: 1.2rem; } .outcome.card { padding-left: .8rem; border-left: .35rem solid; }
  .whole span, .key, .arrow, .lanes::before, .name { print-color-adjust: exact; }
  details::details-content { content-visibility: visible; block-size: auto; display: block; }
  summary, tr, .arrow, dl > div { break-inside: avoid; } h2, h3, h4 { break-after: avoid; }
}
`;
