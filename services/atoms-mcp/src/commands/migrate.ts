import { readConfig, readPort } from "../config/index.js";
import { jsonLog } from "../observe/log.js";
import { PACKAGE_VERSION } from "../package-version.js";
import { migrate, schemaState } from "../storage/migrate.js";
import { openDriver } from "../storage/open.js";

const EXIT_PENDING = 3;

/**
 * Applies migrations, or says whether some are pending.
 * @returns the exit code: 0, or 3 when `check` found pending ones
 */
export async function runMigrations(env: NodeJS.ProcessEnv, check: boolean): Promise<number> {
  const config = readConfig(env, {
    host: "127.0.0.1",
    listenerUrl: `http://127.0.0.1:${readPort(env)}`,
    packageVersion: PACKAGE_VERSION,
  });
  const log = jsonLog(config.logLevel, {}, (line) => void process.stderr.write(line), Date.now);
  const driver = await openDriver(config, log);
  try {
    const applied = check ? [] : await migrate(driver);
    const { current, expected } = await driver.transaction(schemaState);
    process.stdout.write(
      `${JSON.stringify({ current, expected, applied, pending: Math.max(0, expected - current) })}\n`,
    );
    return check && current < expected ? EXIT_PENDING : 0;
  } finally {
    await driver.close();
  }
}
