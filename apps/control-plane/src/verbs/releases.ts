import { noSuchRelease, type Release } from "@atoms/playbook";
import { z } from "zod";
import { defineVerb } from "./verb.js";

/** Past and running releases, newest first. */
export const listReleases = defineVerb({
  name: "list releases",
  method: "GET",
  path: "/releases",
  summary: "List releases, newest first",
  input: z.strictObject({
    service: z.string().optional(),
    environment: z.string().optional(),
    limit: z.int().min(1).max(1000).default(20),
  }),
  async run(plane, { service, environment, limit }): Promise<Release[]> {
    const { releases } = await plane.store();
    return releases.list({
      limit,
      ...(service === undefined ? {} : { service }),
      ...(environment === undefined ? {} : { environment }),
    });
  },
});

/** One release. @throws ATM-915 when there is none of that id. */
export const showRelease = defineVerb({
  name: "show release",
  method: "GET",
  path: "/releases/show",
  summary: "Show one release",
  input: z.strictObject({ release: z.string() }),
  async run(plane, input): Promise<Release> {
    const { releases } = await plane.store();
    const release = await releases.get(input.release);
    if (release === undefined) throw noSuchRelease({ release: input.release });
    return release;
  },
});
