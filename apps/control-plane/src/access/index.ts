export { type Caller, permit } from "./caller.js";
export { accessEvent, linkLifeMs, newSession, sessionLifeMs, sessionOpened, signIn } from "./links.js";
export { openForStrangers } from "./open-for-strangers.js";
export { rateLimit } from "./rate-limit.js";
export { digestOf, newId, newSecret, tokenPrefix } from "./secrets.js";
export { bound, environmentsOf } from "./where.js";
