/** The page's own style. Colours are pairs that keep WCAG AA on their ground, in light and dark; a test measures them. */
export const style = `:root{color-scheme:light dark;--ground:#ffffff;--raised:#f4f5f7;--text:#1a1d21;--quiet:#565e68;--rule:#d5d9de;--link:#1d4ed8;--canary:#b45309;--stable:#1d4ed8;--bad:#b91c1c;--good:#15803d;--warn:#92590a}
@media(prefers-color-scheme:dark){:root{--ground:#14171a;--raised:#1d2125;--text:#e6e8eb;--quiet:#a3acb5;--rule:#3a4047;--link:#8db4ff;--canary:#f5a64a;--stable:#8db4ff;--bad:#ff938a;--good:#6fd08c;--warn:#f0b75e}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:56rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0 .4rem}
h2{font-size:1.2rem;margin:2.4rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--rule)}
h3{font-size:1rem;margin:1.4rem 0 .3rem}
p{margin:.4rem 0}
h1,h2,h3,p,td,th,dd,li{overflow-wrap:break-word}
h1,p,dd{overflow-wrap:anywhere}
table.roomy{min-width:44rem}
h3::first-letter{text-transform:uppercase}
a{color:var(--link)}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.quiet{color:var(--quiet)}
.state{display:inline-block;padding:.1rem .6rem;border:1.5px solid currentColor;border-radius:1rem;font-weight:600;font-size:.95rem}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.lead{font-size:1.05rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:.8rem 0}
dt{color:var(--quiet)}dd{margin:0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--quiet);padding:.3rem 0}
th,td{text-align:left;padding:.3rem .7rem .3rem 0;border-bottom:1px solid var(--rule);vertical-align:top}
th{font-weight:600}
td.number,th.number{text-align:right;white-space:nowrap;padding-right:1.4rem}
td.time{white-space:nowrap;color:var(--quiet)}
details{margin:.3rem 0 1rem}
summary{cursor:pointer;color:var(--link);padding:.2rem 0}
.box{background:var(--raised);border-left:4px solid currentColor;padding:.7rem 1rem;margin:1rem 0;border-radius:.2rem}
.box p{color:var(--text)}
svg.plot{display:block;overflow:visible;width:100%;min-width:34rem;height:auto;margin:.3rem 0;background:var(--ground)}
.grid{stroke:var(--rule);stroke-width:1}
.axis{stroke:var(--quiet);stroke-width:1}
.tick{fill:var(--quiet);font-size:12px}
.line{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
.line.canary{stroke:var(--canary)}
.line.stable{stroke:var(--stable);stroke-dasharray:6 4}
.line.all{stroke:var(--text)}
.band{opacity:.16}
.band.canary{fill:var(--canary)}
.band.stable{fill:var(--stable)}
.band.all{fill:var(--text)}
.limit{stroke:var(--bad);stroke-width:1.6;stroke-dasharray:2 3}
.limit-name{fill:var(--bad);font-size:12px;font-weight:600;paint-order:stroke;stroke:var(--ground);stroke-width:4px;stroke-linejoin:round}
.key{font-size:.9rem;margin:.2rem 0}
.key svg{width:2.2rem;height:.7rem;vertical-align:middle;margin:0 .3rem 0 0}
.key span{margin-right:1.2rem;white-space:nowrap}
@media(max-width:34rem){body{font-size:15px}main{padding:1rem .8rem 3rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}.wide{display:none}svg.plot{min-width:0}.tick,.limit-name{font-size:18px}}
@media print{:root{--ground:#fff;--raised:#f4f5f7;--text:#000;--quiet:#444;--rule:#bbb;--link:#000;--canary:#9a4a06;--stable:#1d4ed8;--bad:#b91c1c;--good:#146c34;--warn:#7a4a08}main{max-width:none;padding:0}svg.plot{min-width:0}figure,tr,.box{break-inside:avoid}h2,h3{break-after:avoid}summary{display:none}}
`;

/** SHA-256 of `style` in base64: the page's policy lets in this style and no other. A test keeps it true. */
export const styleHash = "VlGCyK8WuTvWtgVrLDVvBXnvN6fWiMM7if2DSKuyvMk=";
