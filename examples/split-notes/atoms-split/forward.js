import { open } from "./connection.js";
import { answeredBy, askedFor, askedHost, forwardedBy } from "./names.js";
/** The longest that a connection to the candidate may take, in milliseconds. */
const longestConnect = 3_000;
/** Headers that are of one connection, and of no use on the next. */
const ofTheConnection = new Set([
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
]);
/**
 * Has the candidate answer a request. What was not sent for certain, and what may be asked twice, the deployment itself
 * answers when the candidate can not; of anything else the client is told that it is not known what became of it.
 * @param of.serveHere Answers the request here; it was not touched then.
 */
export function forward(of) {
    const { request, response, split, candidate, serveHere } = of;
    const hasBody = request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
    const mayRepeat = !hasBody && (request.method === "GET" || request.method === "HEAD");
    let settled = false;
    const outgoing = send(of, mayRepeat);
    const timer = setTimeout(() => outgoing.destroy(new Error("the connection took too long")), longestConnect);
    let connected = false;
    const failed = () => {
        clearTimeout(timer);
        if (settled)
            return;
        settled = true;
        split.lost(candidate.id);
        if (!connected || mayRepeat)
            return serveHere();
        if (response.headersSent)
            return void response.destroy();
        response.setHeader(answeredBy, candidate.id);
        response.writeHead(502, { "content-type": "application/json" });
        const error = "The new version ended before it answered; it may have done what it was asked.";
        response.end(JSON.stringify({ error }));
    };
    outgoing.on("error", failed);
    outgoing.on("socket", (socket) => {
        // The body is read only once there is somebody to take it: until then the request can be answered here.
        const begin = () => {
            clearTimeout(timer);
            connected = true;
            if (hasBody)
                request.pipe(outgoing);
            else
                outgoing.end();
        };
        if (outgoing.reusedSocket)
            begin();
        else
            socket.once(candidate.address.startsWith("https:") ? "secureConnect" : "connect", begin);
    });
    outgoing.on("response", (answer) => {
        settled = true;
        const itself = answer.headers[answeredBy] === candidate.id;
        if (!itself)
            split.lost(candidate.id);
        if (!itself && mayRepeat) {
            answer.destroy();
            return serveHere();
        }
        passHeaders(answer.rawHeaders, response);
        response.writeHead(answer.statusCode ?? 502);
        answer.pipe(response);
        answer.on("error", () => response.destroy());
        answer.on("aborted", () => response.destroy());
    });
    response.on("close", () => {
        clearTimeout(timer);
        settled = true;
        if (!response.writableFinished)
            outgoing.destroy();
    });
}
/** Begins the request to the candidate; its body is not sent yet. */
function send(of, mayRepeat) {
    const { request, url, split, candidate } = of;
    const to = new URL(candidate.address);
    const client = request.headers["x-forwarded-for"];
    const headers = [
        ...endToEnd(request.rawHeaders, ["host", ...Object.keys(split.passHeaders)]),
        "host",
        to.host,
        forwardedBy,
        split.deployment ?? "",
        askedHost,
        request.headers.host ?? "",
        ...(client === undefined ? [] : [askedFor, String(client).split(",")[0]?.trim() ?? ""]),
        ...Object.entries(split.passHeaders).flat(),
        ...(request.headers["transfer-encoding"] === undefined ? [] : ["transfer-encoding", "chunked"]),
    ];
    // A connection that was used before may be closing at this moment, which only what may be repeated can stand.
    const agent = mayRepeat ? {} : { agent: false };
    return open(to, { method: request.method, path: url, headers, ...agent });
}
/** The headers of the candidate's answer; cookies beside those that are set already, all else instead. */
function passHeaders(raw, response) {
    const headers = endToEnd(raw);
    for (let at = 0; at < headers.length; at += 2) {
        const name = headers[at] ?? "";
        if (name.toLowerCase() !== "set-cookie")
            response.removeHeader(name);
    }
    for (let at = 0; at < headers.length; at += 2) {
        response.appendHeader(headers[at] ?? "", headers[at + 1] ?? "");
    }
}
/** Raw headers without those of the connection, as a flat list of names and values. */
function endToEnd(raw, without = []) {
    const left = new Set(without);
    for (let at = 0; at < raw.length; at += 2) {
        if (raw[at]?.toLowerCase() !== "connection")
            continue;
        for (const name of raw[at + 1]?.split(",") ?? [])
            left.add(name.trim().toLowerCase());
    }
    const headers = [];
    for (let at = 0; at < raw.length; at += 2) {
        const name = (raw[at] ?? "").toLowerCase();
        if (!ofTheConnection.has(name) && !left.has(name))
            headers.push(raw[at] ?? "", raw[at + 1] ?? "");
    }
    return headers;
}
