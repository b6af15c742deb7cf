import { deriveLocalKey, type KeySource, localKeySource, remoteKeySource } from "./auth/keys.js";
import type { Config } from "./config/index.js";
import { Faults } from "./faults/index.js";
import { Health } from "./health.js";
import { Limiter } from "./http/limiter.js";
import { memoryStore, type RateLimitStore } from "./http/rate-limit.js";
import { Maintenance } from "./maintenance.js";
import { jsonLog, type Log } from "./observe/log.js";
import { Metrics } from "./observe/metrics.js";
import { RollingWindow } from "./observe/window.js";
import { type Runtime, realRuntime } from "./runtime.js";
import type { Database, Driver } from "./storage/database.js";
import { openDatabase } from "./storage/open.js";

/** What `createApp` may be handed instead of the real thing. */
export interface Deps {
  runtime?: Runtime;
  /** Opens the store; by default as the settings say. */
  openDriver?: () => Promise<Driver>;
  rateLimitStore?: RateLimitStore;
  /** Receives log lines; stderr by default. */
  writeLog?: (line: string) => void;
}

/** The parts of one server, put together once. */
export interface Services {
  readonly config: Config;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly window: RollingWindow;
  readonly faults: Faults;
  readonly database: Database;
  /** Undefined in `none` mode, where no token is ever checked. */
  readonly keys: KeySource | undefined;
  readonly limiter: Limiter;
  readonly health: Health;
  readonly maintenance: Maintenance;
  readonly instance: string;
  readonly startedAt: number;
  /** The version the server claims. */
  version(): string;
}

export function createServices(config: Config, deps: Deps): Services {
  const runtime = deps.runtime ?? realRuntime;
  const write = deps.writeLog ?? ((line: string) => void process.stderr.write(line));
  const log = jsonLog(config.logLevel, { version: config.version }, write, () => runtime.now());
  const metrics = new Metrics();
  const faults = new Faults(config.faults, config.faultDelayMs, runtime, (kind) =>
    metrics.faults.add({ kind }),
  );
  const database = openDatabase(config, { faults, metrics, runtime, log }, deps.openDriver);
  const limiter = new Limiter(config, deps.rateLimitStore ?? memoryStore(), faults, metrics, runtime, log);
  const keys = keySource(config, runtime);
  return {
    config,
    runtime,
    log,
    metrics,
    window: new RollingWindow(runtime.now()),
    faults,
    database,
    keys,
    limiter,
    health: new Health(database, keys, config.auth.mode, faults, runtime, () => limiter.works),
    maintenance: new Maintenance(config.maintenance.on, database, runtime),
    instance: runtime.uuid(),
    startedAt: runtime.now(),
    version: () => faults.find("version")?.stale ?? config.version,
  };
}

function keySource(config: Config, runtime: Runtime): KeySource | undefined {
  if (config.auth.mode === "none") return undefined;
  if (config.auth.mode === "local") return localKeySource(deriveLocalKey(config.auth.localSecret));
  return remoteKeySource(`${config.auth.issuer}/oauth2/jwks`, runtime);
}
