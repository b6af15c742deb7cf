/** The page's own style: text keeps a contrast of 4.5 on its ground, in light and dark. */
export const style = `:root{color-scheme:light dark;--ground:#f5f6f8;--panel:#fff;--rule:#d7dce3;--text:#1a1f27;--quiet:#55606f;--link:#0a5bd3;--up:#0b7040;--some:#855300;--down:#b8232b;--work:#1d5f9e}
@media(prefers-color-scheme:dark){:root{--ground:#0e1116;--panel:#161b22;--rule:#2b323c;--text:#e6eaf0;--quiet:#9ba6b4;--link:#79b0ff;--up:#4fc98e;--some:#f0b849;--down:#ff8080;--work:#6db3f2}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main,footer{max-width:46rem;margin:0 auto;padding:1.5rem 1rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .3rem}
h2{font-size:1.15rem;margin:2.2rem 0 .6rem}
h3{font-size:1rem;margin:0}
p{margin:.3rem 0}
a{color:var(--link)}
a:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.quiet{color:var(--quiet);font-size:.9rem}
.all{border:2px solid currentColor;border-radius:.5rem;padding:.8rem 1rem;font-weight:700;font-size:1.15rem;margin:1rem 0;background:var(--panel)}
.is-up{color:var(--up)}.is-degraded,.is-incident,.is-investigating,.is-identified{color:var(--some)}.is-down,.is-partly-down{color:var(--down)}.is-maintenance,.is-monitoring,.is-planned,.is-under-way{color:var(--work)}.is-unknown{color:var(--quiet)}.is-resolved{color:var(--up)}
ul.plain,ol.plain{list-style:none;margin:0;padding:0}
.card{background:var(--panel);border:1px solid var(--rule);border-radius:.5rem;padding:.8rem 1rem;margin:0 0 .7rem}
.line{display:flex;flex-wrap:wrap;gap:.2rem 1rem;justify-content:space-between}
.state{font-weight:700}
svg{display:block;width:100%;height:2.1rem;margin:.5rem 0 .2rem}
.day-up{fill:var(--up)}.day-some{fill:var(--some)}.day-down{fill:var(--down)}.day-none{fill:var(--quiet)}
.ends{display:flex;justify-content:space-between}
details{margin:.3rem 0 0}
summary{cursor:pointer;color:var(--link);font-size:.9rem;padding:.2rem 0}
.updates li{border-left:3px solid var(--rule);padding:0 0 .5rem .8rem;margin-top:.5rem}
.late{border-color:var(--some)}
@media(max-width:30rem){main,footer{padding:1rem .8rem}svg{height:1.7rem}}
@media(forced-colors:active){.day-up,.day-some,.day-down,.day-none{fill:CanvasText}}
`;
