import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { answeredBy } from "./names.js";
/** The most that is read of what a helper says of itself, in bytes. */
const mostSaid = 64 * 1024;
/** Begins a request to a deployment. Names under `localhost` are this machine's own, and few resolvers know them. */
export function open(to, options) {
    const secure = to.protocol === "https:";
    const asked = {
        ...options,
        hostname: to.hostname.endsWith(".localhost") ? "127.0.0.1" : to.hostname,
        port: to.port === "" ? (secure ? 443 : 80) : Number(to.port),
        setHost: false,
    };
    return secure ? httpsRequest({ ...asked, servername: to.hostname }) : httpRequest(asked);
}
/** Asks an address for its helper, by `node:http`. */
export const getByNode = (url, headers, timeoutMs) => new Promise((resolve, reject) => {
    const to = new URL(url);
    const request = open(to, {
        path: to.pathname,
        headers: { ...headers, host: to.host },
        signal: AbortSignal.timeout(timeoutMs),
    });
    request.on("error", reject);
    request.on("response", (answer) => {
        const named = answer.headers[answeredBy];
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part) => {
            text += part;
            if (text.length > mostSaid)
                answer.destroy(new Error("that is more than a helper says"));
        });
        answer.on("error", reject);
        answer.on("end", () => resolve({ named: typeof named === "string" ? named : undefined, text }));
    });
    request.end();
});
