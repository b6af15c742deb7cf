import { CandidateHealth } from "./candidate.js";
import { choose } from "./decide.js";
import { askedFor, askHeader, connectionVariable, cookieName, forceParameter, forwardedBy, } from "./names.js";
import { sourceIn, WeightsReader } from "./reading.js";
import { shareAt } from "./weights.js";
/** A year would outlive every shift; a cookie of another shift means nothing. */
const cookieSeconds = 24 * 3_600;
/**
 * Makes the helper. It reads nothing before the first request, and never throws at one.
 * @param get How candidates are asked whether they are there.
 */
export function createSplit(options, get) {
    const env = options.env ?? process.env;
    const now = options.now ?? Date.now;
    const random = options.random ?? Math.random;
    const fetch = options.fetch ?? globalThis.fetch;
    const self = {
        deployment: options.deployment ?? env["VERCEL_DEPLOYMENT_ID"],
        ownHost: bare(options.ownHost ?? env["VERCEL_URL"]),
    };
    const secret = options.bypassSecret ?? env["VERCEL_AUTOMATION_BYPASS_SECRET"];
    const passHeaders = secret === undefined || secret === "" ? {} : { "x-vercel-protection-bypass": secret };
    const source = sourceIn(options.connection ?? env[connectionVariable]);
    const reader = new WeightsReader(source, fetch, now);
    const health = new CandidateHealth(get, passHeaders, now);
    const answer = async (deployment) => {
        const { weights, readable } = await reader.current();
        return {
            atomsSplit: 1,
            deployment,
            config: source?.config ?? null,
            item: source?.item ?? null,
            readable,
            weights: weights === undefined
                ? null
                : { release: weights.release, epoch: weights.epoch, share: shareAt(weights, now()) },
        };
    };
    const withCookie = ({ cookie }) => cookie === undefined
        ? {}
        : { setCookie: `${cookieName}=${cookie}; Path=/; Max-Age=${cookieSeconds}; HttpOnly; SameSite=Lax` };
    return {
        deployment: self.deployment,
        passHeaders,
        lost: (candidate) => health.lost(candidate),
        async route({ header, url }) {
            if (self.deployment === undefined)
                return { by: "self", because: "this is no deployment" };
            if (header(askHeader) !== undefined)
                return { by: "helper", answer: await answer(self.deployment) };
            const forwarded = header(forwardedBy) !== undefined;
            // What was forwarded stays here, whatever the weights say.
            const weights = forwarded ? undefined : (await reader.current()).weights;
            const visit = {
                host: bare(header("host")),
                cookie: cookieIn(header("cookie")),
                forced: forcedIn(url),
                key: options.key?.(header) ?? usualKey(header),
                forwarded,
            };
            const chosen = choose(weights, visit, self, now(), random);
            if (chosen.by === "self" || weights === undefined) {
                return { by: "self", because: chosen.because, ...withCookie(chosen) };
            }
            if (!(await health.reachable(weights.candidate))) {
                return { by: "self", because: "the candidate can not be reached" };
            }
            return { by: "candidate", candidate: weights.candidate, ...withCookie(chosen) };
        },
    };
}
/**
 * Who a client is, as far as a request tells: by what it signs in with, else by its address and program. MCP clients keep no
 * cookies and share addresses, but each has a token of its own.
 */
function usualKey(header) {
    const signed = header("authorization");
    if (signed !== undefined)
        return signed;
    const address = header(askedFor) ?? header("x-forwarded-for")?.split(",")[0]?.trim();
    return address === undefined || address === "" ? undefined : `${address} ${header("user-agent") ?? ""}`;
}
function cookieIn(header) {
    for (const part of header?.split(";") ?? []) {
        const [name, ...value] = part.trim().split("=");
        if (name === cookieName)
            return value.join("=");
    }
    return undefined;
}
function forcedIn(url) {
    const at = url.indexOf("?");
    const asked = at < 0 ? null : new URLSearchParams(url.slice(at)).get(forceParameter);
    return asked === "canary" || asked === "stable" ? asked : undefined;
}
/** A host without its port, in lower case. */
function bare(host) {
    return host?.toLowerCase().replace(/:\d+$/, "");
}
