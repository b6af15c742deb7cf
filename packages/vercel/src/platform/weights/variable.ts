import { connectionVariable } from "@atoms/split";
import type { VercelClient } from "../../client.js";
import type { Explain } from "../explain.js";
import type { VercelPlatformOptions, WeightsPlace } from "../settings.js";
import type { Variables } from "../variables.js";
import type { WeightsItem } from "./item.js";

/** Says in the clear what the secret connection string leads to. */
const markVariable = "ATOMS_SPLIT_OF";

/** Where running deployments read Global Configs on Vercel. */
const readingAt = "https://edge-config.vercel.com";

/**
 * Sees to it that later deployments know where the weights are: the Global Config exists, and the project has a variable
 * with a token that reads it and nothing else. A token is made only when the variable is missing or leads elsewhere.
 */
export function splitVariable(
  client: VercelClient,
  options: VercelPlatformOptions,
  parts: { place: WeightsPlace; item: WeightsItem; variables: Variables; explain: Explain },
): (signal?: AbortSignal) => Promise<void> {
  const { place, item, variables, explain } = parts;
  const origin = options.name === "local" ? new URL(options.api).origin : readingAt;
  return async (signal) => {
    const config = await item.ensureConfig(signal);
    const leadsTo = `${origin}/${config}#${place.item}`;
    const standing = new Map(
      (await variables.variables({ values: true }, signal)).map((one) => [one.key, one]),
    );
    const connected = standing.get(connectionVariable)?.targets.includes("production") === true;
    if (connected && standing.get(markVariable)?.value === leadsTo) return;
    const made = await explain({ asked: "make a token that reads the weights", act: true }, () =>
      client.globalConfig.createToken(config, `atoms ${options.project}`, signal),
    );
    const url = new URL(made.connectionString ?? `${origin}/${config}`);
    url.searchParams.set("token", made.token);
    url.searchParams.set("item", place.item);
    await variables.setVariable(connectionVariable, url.href, { secret: true }, signal);
    await variables.setVariable(markVariable, leadsTo, { secret: false }, signal);
  };
}
