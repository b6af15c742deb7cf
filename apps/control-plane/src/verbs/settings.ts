import { basename } from "node:path";
import { z } from "zod";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** The playbook as it stands, and what of it is not set up. */
export type ShownSettings = {
  file: string;
  /** Variables not filled in, secrets hidden. */
  text: string;
  service: string;
  environment: string;
  platform: string;
  /** Every setting with its default, secrets hidden. */
  settings: unknown;
  notConfigured: { part: string; message: string }[];
};

/** The settings, as the control plane reads them now. */
export const showSettings = defineVerb({
  name: "show settings",
  method: "GET",
  role: "viewer",
  path: "/settings",
  summary: "Show the playbook as it is read, secrets hidden",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<ShownSettings> {
    const { service, environment, platformName, file, secrets, settings, notConfigured } =
      await plane.open(input);
    return {
      file: basename(file.path),
      text: secrets.redact(file.text),
      service,
      environment,
      platform: platformName,
      settings: secrets.redactData(settings),
      notConfigured: notConfigured.map(({ part, message }) => ({ part, message: secrets.redact(message) })),
    };
  },
});
