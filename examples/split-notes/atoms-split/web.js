import { answeredBy, askedFor, askedHost, forwardedBy, uncached } from "./names.js";
import { createSplit } from "./split.js";
/** Headers that are of one connection, or that `fetch` sets itself. */
const notSentOn = [
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "host",
];
/** Causes of a failed `fetch` by which it is certain that nothing was sent. */
const neverSent = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"];
/**
 * The helper for handlers of the web's own form, a `Request` in and a `Response` out (Hono's `app.fetch`, Vercel functions, the
 * middleware of Next): put around the handler that a request meets first.
 * @param handler The service itself.
 * @param options Found in the environment of a deployment when left out.
 */
export function withSplit(handler, options = {}) {
    const split = createSplit(options, getByFetch);
    return async (request, ...rest) => {
        const { pathname, search } = new URL(request.url);
        const route = await split
            .route({ header: (name) => request.headers.get(name) ?? undefined, url: pathname + search })
            // Nothing that goes wrong with a split may keep the service from answering.
            .catch(() => ({ by: "self", because: "the helper failed" }));
        const cookie = "setCookie" in route ? route.setCookie : undefined;
        const serveHere = async (asked) => named(await handler(asked, ...rest), split.deployment, cookie);
        if (route.by === "self")
            return serveHere(request);
        if (route.by === "helper") {
            const headers = { "content-type": "application/json", "cache-control": "no-store" };
            return named(new Response(JSON.stringify(route.answer), { headers }), split.deployment, undefined);
        }
        return forward({
            request,
            path: pathname + search,
            split,
            candidate: route.candidate,
            cookie,
            serveHere,
        });
    };
}
/** Has the candidate answer, under the same rules as the helper for `node:http`. */
async function forward(of) {
    const { request, path, split, candidate, cookie, serveHere } = of;
    const mayRepeat = request.body === null && (request.method === "GET" || request.method === "HEAD");
    // A second reader of the body, should it be certain that the candidate has not got it.
    const kept = request.body === null ? request : request.clone();
    let answer;
    try {
        answer = await fetchFor(candidate.address)(`${candidate.address}${path}`, {
            method: request.method,
            headers: headersFor(request, split),
            redirect: "manual",
            signal: request.signal,
            ...(request.body === null ? {} : { body: request.body, duplex: "half" }),
            ...uncached,
        });
    }
    catch (error) {
        split.lost(candidate.id);
        if (mayRepeat || wasNeverSent(error))
            return serveHere(kept);
        const text = "The new version ended before it answered; it may have done what it was asked.";
        const headers = { "content-type": "application/json" };
        return named(new Response(JSON.stringify({ error: text }), { status: 502, headers }), candidate.id, cookie);
    }
    if (kept !== request)
        void kept.body?.cancel().catch(() => undefined);
    if (answer.headers.get(answeredBy) !== candidate.id) {
        split.lost(candidate.id);
        if (mayRepeat) {
            void answer.body?.cancel().catch(() => undefined);
            return serveHere(request);
        }
    }
    const passed = new Response(answer.body, answer);
    // The body was decoded on its way here.
    if (passed.headers.has("content-encoding") && !isLocal(candidate.address)) {
        passed.headers.delete("content-encoding");
        passed.headers.delete("content-length");
    }
    for (const name of notSentOn)
        passed.headers.delete(name);
    if (cookie !== undefined)
        passed.headers.append("set-cookie", cookie);
    return passed;
}
function headersFor(request, split) {
    const headers = new Headers(request.headers);
    for (const name of notSentOn)
        headers.delete(name);
    headers.set(forwardedBy, split.deployment ?? "");
    headers.set(askedHost, request.headers.get("host") ?? new URL(request.url).host);
    const client = request.headers.get("x-forwarded-for")?.split(",")[0]?.trim();
    if (client !== undefined)
        headers.set(askedFor, client);
    for (const [name, value] of Object.entries(split.passHeaders))
        headers.set(name, value);
    return headers;
}
/** The answer with the name of who gave it; what a handler gives may not be changed in place. */
function named(answer, deployment, cookie) {
    if (deployment === undefined || answer.status < 200)
        return answer;
    const changed = new Response(answer.body, answer);
    changed.headers.set(answeredBy, deployment);
    if (cookie !== undefined)
        changed.headers.append("set-cookie", cookie);
    return changed;
}
const getByFetch = async (url, headers, timeoutMs) => {
    const answer = await fetchFor(url)(url, {
        headers,
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
        ...uncached,
    });
    return { named: answer.headers.get(answeredBy) ?? undefined, text: await answer.text() };
};
const isLocal = (address) => new URL(address).hostname.endsWith(".localhost");
function fetchFor(address) {
    if (!isLocal(address))
        return globalThis.fetch;
    return (async (...asked) => {
        // Named so that no bundler follows it: where a service runs at the edge, there is no such module and no such name.
        const file = "./local-fetch.js";
        const { localFetch } = (await import(file));
        return localFetch(...asked);
    });
}
function wasNeverSent(error) {
    const { code, cause } = error;
    return neverSent.includes(code ?? cause?.code ?? "");
}
