import { dns } from "./dns.js";
import { errors } from "./errors.js";
import { health } from "./health.js";
import { heartbeat } from "./heartbeat.js";
import { mcp } from "./mcp.js";
import { performance } from "./performance.js";
import { prometheus } from "./prometheus.js";
import { resources } from "./resources.js";
import { tls } from "./tls.js";

/** Every kind of monitor; the only list. */
export const kinds = [health, performance, errors, resources, tls, dns, heartbeat, mcp, prometheus] as const;
