import type { MiddlewareHandler } from "hono";
import { html } from "hono/html";

const headers = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex",
};

/** Keeps the address of a link, which is a secret, out of caches, referrers, frames and search engines. */
export const discreet: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
};

const style =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}button,input{font:inherit;padding:.6rem 1.2rem;margin:.2rem .4rem .2rem 0}label{display:block}";

/** One page of a link: no script, nothing fetched. */
export const linkPage = (title: string, inner: ReturnType<typeof html>) =>
  html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head><body>${inner}</body></html>`;

/** Says why a link does not count. @param because A clause, e.g. "its time is over". */
export const refusedPage = (because: string) =>
  linkPage("Refused", html`<h1>This link does not count</h1><p>${because}</p><p>Nothing was changed.</p>`);
