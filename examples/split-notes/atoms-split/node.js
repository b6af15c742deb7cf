import { getByNode } from "./connection.js";
import { forward } from "./forward.js";
import { answeredBy } from "./names.js";
import { createSplit } from "./split.js";
/**
 * The helper for servers on `node:http` and what stands on it (Express, Connect, MCP servers): the first thing
 * that a request meets, before its body is read.
 * @param options Found in the environment of a deployment when left out.
 * @returns A function of the form `(request, response, next)`; `next` is the service itself, and is called with nothing.
 */
export function splitTraffic(options = {}) {
    const split = createSplit(options, getByNode);
    return (request, response, next) => {
        const serveHere = () => {
            if (response.destroyed)
                return;
            if (split.deployment !== undefined && !response.headersSent) {
                response.setHeader(answeredBy, split.deployment);
            }
            next();
        };
        const header = (name) => {
            const value = request.headers[name];
            return Array.isArray(value) ? value[0] : value;
        };
        // Frameworks that cut the path for their routers keep the whole one beside it.
        const url = request.originalUrl ?? request.url ?? "/";
        split.route({ header, url }).then((route) => {
            if ("setCookie" in route && route.setCookie !== undefined && !response.headersSent) {
                response.appendHeader("set-cookie", route.setCookie);
            }
            switch (route.by) {
                case "helper":
                    if (split.deployment !== undefined)
                        response.setHeader(answeredBy, split.deployment);
                    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
                    response.end(JSON.stringify(route.answer));
                    return;
                case "self":
                    serveHere();
                    return;
                case "candidate":
                    forward({ request, response, url, split, candidate: route.candidate, serveHere });
            }
        }, 
        // Nothing that goes wrong with a split may keep the service from answering.
        serveHere);
    };
}
