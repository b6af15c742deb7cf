import type { Config } from "../config/index.js";
import type { Faults } from "../faults/index.js";
import { errorFields, type Log } from "../observe/log.js";
import type { Metrics } from "../observe/metrics.js";
import type { Runtime } from "../runtime.js";
import { createDatabase, type Database, type Driver, StoreUnavailable } from "./database.js";
import { DumpRefused } from "./dump.js";
import { migrate, schemaState } from "./migrate.js";

/** Opens the driver the settings ask for: a real Postgres with DATABASE_URL, else the embedded one. */
export async function openDriver(config: Config, log: Log): Promise<Driver> {
  if (config.database.url !== undefined) {
    const { openPostgres } = await import("./postgres.js");
    return openPostgres(config.database.url, config.onVercel ? 1 : 5, (error) =>
      log("warn", "database_connection_lost", errorFields(error)),
    );
  }
  const { openEmbeddedStore } = await import("./embedded-store.js");
  return openEmbeddedStore(config.database.dataDir, (candidate) =>
    fitsThisService(candidate, config.migrate),
  );
}

/** Whether a dump is of this service; an older one is brought up to date where this server migrates. */
async function fitsThisService(candidate: Driver, how: Config["migrate"]): Promise<void> {
  const { current } = await candidate.transaction(schemaState);
  if (current === 0) throw new DumpRefused("it holds no database of this service");
  if (how === "auto") await migrate(candidate);
}

/**
 * A database that opens and migrates itself in the background, so that a server can answer (that it is not ready)
 * meanwhile. After a failed opening the next use tries again, at most once a second.
 */
export function openDatabase(
  config: Config,
  around: { faults: Faults; metrics: Metrics; runtime: Runtime; log: Log },
  open: () => Promise<Driver> = () => openDriver(config, around.log),
): Database {
  const { faults, metrics, runtime, log } = around;
  let opening: Promise<Database> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let closed = false;
  let target = config.database.url === undefined ? `embedded:0/${config.database.dataDir ?? "memory"}` : "";
  if (config.database.url !== undefined) {
    const { hostname, port, pathname } = new URL(config.database.url);
    target = `${hostname}:${port || "5432"}${pathname}`;
  }

  const start = async (): Promise<Database> => {
    const driver = await open();
    target = driver.target;
    if (config.migrate === "auto") {
      try {
        const applied = await migrate(driver);
        if (applied.length > 0) log("info", "migrated", { applied });
      } catch (error) {
        await driver.close().catch(() => undefined);
        throw error;
      }
    }
    return createDatabase(driver, {
      elapsed: () => runtime.elapsed(),
      before: async () => {
        if ((await faults.onQuery()) === "down") throw new StoreUnavailable();
      },
      after: (kind, seconds) => metrics.querySeconds.observe({ kind }, seconds),
    });
  };
  const ready = (): Promise<Database> => {
    if (closed) throw new StoreUnavailable();
    if (opening) return opening;
    if (runtime.elapsed() - failedAt < 1000) throw new StoreUnavailable();
    const attempt = start();
    opening = attempt;
    attempt.catch((error: unknown) => {
      failedAt = runtime.elapsed();
      opening = undefined;
      log("error", "database_not_opened", errorFields(error));
    });
    return attempt;
  };
  const use = async (): Promise<Database> => {
    try {
      return await ready();
    } catch (error) {
      throw error instanceof StoreUnavailable ? error : new StoreUnavailable(error);
    }
  };
  return {
    get target() {
      return target;
    },
    asUser: async (sub, kind, work) => (await use()).asUser(sub, kind, work),
    asService: async (kind, work) => (await use()).asService(kind, work),
    lookUp: async (kind, text, values) => (await use()).lookUp(kind, text, values),
    whole: async () => (await use()).whole(),
    close: async () => {
      closed = true;
      const database = await opening?.catch(() => undefined);
      await database?.close();
    },
  };
}
