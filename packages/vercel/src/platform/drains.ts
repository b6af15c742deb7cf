import type { VercelClient } from "../client.js";
import type { Explain } from "./explain.js";
import type { Project } from "./project.js";

/** What the platform delivers: a record per request and line, and spans with durations. */
export type DrainSchema = "log" | "trace";

/** Where one kind of record is to be delivered. */
export type DrainTarget = {
  schema: DrainSchema;
  /** Public address that is posted to. */
  url: string;
  /** Key of the signature on every delivery. */
  secret: string;
};

/**
 * Sees to it that the project's records are delivered to an address. A drain that Atoms made before is kept when it leads
 * there, and made anew when it leads elsewhere: the platform shows no secret, so one cannot be compared.
 */
export function drains(
  client: VercelClient,
  project: Project,
  explain: Explain,
): (target: DrainTarget, signal?: AbortSignal) => Promise<void> {
  return ({ schema, url, secret }, signal) =>
    explain({ asked: `deliver the project's ${schema} records to ${new URL(url).host}` }, async () => {
      const id = await project.id(signal);
      const name = `atoms-${schema}-${id}`;
      const mine = (await client.deliveries.drains(signal)).filter((drain) => drain.name === name);
      const standing = mine.find((drain) => drain.delivery.endpoint === url);
      for (const drain of mine) if (drain !== standing) await client.deliveries.removeDrain(drain.id, signal);
      if (standing !== undefined) return;
      await client.deliveries.createDrain(
        {
          name,
          projects: "some",
          projectIds: [id],
          schemas: { [schema]: { version: "v1" } },
          delivery: {
            type: "http",
            endpoint: url,
            encoding: schema === "log" ? "ndjson" : "json",
            compression: "gzip",
            headers: {},
            secret,
          },
        },
        signal,
      );
    });
}
