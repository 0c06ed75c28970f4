/** Colours keep a contrast of 4.5 to 1 for texts and 3 to 1 for lines, in both schemes. */
export const style = `
:root{color-scheme:light dark;--back:#fbfbfa;--card:#fff;--text:#1c1f24;--dim:#5c6470;--line:#e3e5e8;--canary:#1f5fd0;--control:#7a6a53;--area:#1f5fd01a;--good:#1a7f4b;--warn:#946000;--bad:#c0342b;--plain:#5c6470;--chip:#eef0f3}
@media(prefers-color-scheme:dark){:root{--back:#14171b;--card:#1b1f25;--text:#e6e8eb;--dim:#9aa3af;--line:#2c323a;--canary:#7aa7ff;--control:#c9b48f;--area:#7aa7ff24;--good:#5cc98f;--warn:#e0b04c;--bad:#ff8478;--plain:#9aa3af;--chip:#272d35}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main,header,footer{max-width:60rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem}
h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0 .3rem;letter-spacing:-.01em}
h2{font-size:1.15rem;margin:2.75rem 0 .9rem}
h3{font-size:1rem;margin:1.6rem 0 .5rem}
h4{font-size:.9rem;margin:0;font-weight:600}
p{margin:.35rem 0}
a{color:var(--canary)}
code,pre,.mono{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{margin:.5rem 0;padding:.75rem .9rem;background:var(--chip);border-radius:8px;overflow:auto;max-height:24rem;overflow-wrap:normal}
.dim{color:var(--dim)}
.status{display:inline-block;padding:.1rem .65rem;border-radius:99px;border:1.5px solid currentColor;font-weight:600;font-size:.85rem}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.plain{color:var(--plain)}
.cause{margin:1rem 0 0;padding:.7rem 1rem;border-left:3px solid currentColor;background:var(--card);border-radius:0 8px 8px 0}
.cause span{color:var(--text)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.25rem;margin:1.1rem 0}
dt{color:var(--dim)}dd{margin:0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem}
figure,.card{margin:0;padding:1rem 1.1rem;background:var(--card);border:1px solid var(--line);border-radius:12px;min-width:0}
figure+figure{margin:0}
.live{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.5rem 1.25rem;align-items:center}
.bar{display:flex;height:8px;border-radius:4px;overflow:hidden;background:var(--chip);margin-top:.15rem}
.bar i{display:block;background:var(--control);opacity:.55}.bar i.new{background:var(--canary);opacity:1}
.plot{display:block;width:100%;overflow:visible;margin-top:.6rem}
.plot path,.plot line{fill:none;vector-effect:non-scaling-stroke}
.plot .grid{stroke:var(--line)}
.plot .tick{fill:var(--dim);font-size:11px;font-variant-numeric:tabular-nums;paint-order:stroke;stroke:var(--card);stroke-width:3px;stroke-linejoin:round}
.plot .canary,.key .canary{stroke:var(--canary);stroke-width:2;stroke-linejoin:round;fill:none}
.plot .control,.key .control{stroke:var(--control);stroke-width:1.5;stroke-dasharray:5 3;fill:none}
.plot .bound,.key .bound{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:1 4;stroke-linecap:round;fill:none}
.plot .area,.plot .band{fill:var(--area);stroke:none}
.key .band-key{stroke:var(--area);stroke-width:8}
.plot .decided{stroke:currentColor;stroke-dasharray:2 3;opacity:.7}
.dot.pass{fill:var(--canary)}.dot.inconclusive{fill:var(--card);stroke:var(--warn);stroke-width:2}
.plot .cross{stroke:var(--bad);stroke-width:3}
.marks{position:relative;margin:.6rem 0 .8rem}
.mark{position:absolute;width:18px;height:18px;margin-left:-9px;border-radius:9px;border:1.5px solid currentColor;background:var(--card);font-size:11px;line-height:15px;font-weight:600;text-align:center;text-decoration:none}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.15rem 0 0;font-size:.82rem;color:var(--dim)}
.legend span{display:inline-flex;align-items:center;gap:.4rem}
.undecided-key{color:var(--warn)}.fail-key{color:var(--bad)}
details{margin-top:.5rem}
summary{cursor:pointer;color:var(--dim);font-size:.86rem}
.scroll{overflow:auto;max-height:22rem}
table{border-collapse:collapse;width:100%;font-size:.88rem;margin-top:.4rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
th{font-weight:500;color:var(--dim)}
th,td:first-child{white-space:nowrap}
ol{list-style:none;margin:0;padding:0}
.decisions>li{display:grid;grid-template-columns:2rem 1fr;gap:.2rem .6rem;padding:1rem 0;border-bottom:1px solid var(--line)}
.decisions>li:last-child,.timeline>li:last-child{border:0}
.number-tag{width:1.55rem;height:1.55rem;border-radius:50%;border:1.5px solid currentColor;text-align:center;font-weight:600;font-size:.82rem;line-height:1.4rem}
:target{background:var(--chip);border-radius:8px}
.says{font-weight:500}
.detail{color:var(--dim)}
.meta{font-size:.84rem;color:var(--dim)}
.timeline>li{display:grid;grid-template-columns:4.2rem minmax(7rem,11rem) 1fr;gap:.1rem 1rem;padding:.42rem 0;border-bottom:1px solid var(--line);font-size:.93rem}
.timeline time{color:var(--dim);font-variant-numeric:tabular-nums}
.timeline .what::before{content:"";display:inline-block;width:.5rem;height:.5rem;border-radius:50%;margin-right:.55rem;background:currentColor;vertical-align:.08em}
.timeline .what>span{color:var(--text)}
.steps{counter-reset:step}
.steps li{counter-increment:step;padding:.12rem 0 .12rem 2rem;position:relative}
.steps li::before{content:counter(step);position:absolute;left:0;width:1.4rem;text-align:right;color:var(--dim)}
footer{padding:2.5rem 1.25rem 3rem;color:var(--dim);font-size:.86rem}
@media(max-width:40rem){h1{font-size:1.5rem}header{padding-top:1.5rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}.timeline>li{grid-template-columns:4.2rem 1fr}.timeline .what{grid-column:1/-1}figure,.card{padding:.8rem}.live{grid-template-columns:1fr;gap:.1rem}.live>div:nth-child(odd){margin-top:.5rem}.decisions>li{grid-template-columns:1.8rem 1fr}}
@media print{details{display:block}pre,.scroll{max-height:none}figure,.card,.decisions>li{break-inside:avoid}}
`
