import type { LogLine } from "@atoms/playbook";
import { z } from "zod";
import { nothingServed } from "../problems.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** What a deployment and its build wrote; of the one that production serves when none is named. */
export const readLogs = defineVerb({
  name: "read logs",
  method: "GET",
  role: "viewer",
  path: "/logs",
  summary: "Read the logs of a deployment",
  input: z.strictObject({
    ...playbookRef,
    deployment: z.string().optional().describe("Id or host; what production serves when left out."),
    limit: z.int().min(1).max(10_000).default(100),
  }),
  async run(plane, input): Promise<{ deployment: string; lines: LogLine[] }> {
    const open = await plane.open(input);
    const platform = await open.platform();
    const found =
      input.deployment === undefined
        ? (await platform.production()).deployment
        : await platform.deployment(input.deployment);
    if (found === undefined) {
      throw nothingServed({ service: open.service, asked: input.deployment ?? "what production serves" });
    }
    const lines = await platform.logs(found.id, input.limit);
    return { deployment: found.id, lines: lines.map((l) => ({ ...l, text: open.secrets.redact(l.text) })) };
  },
});
