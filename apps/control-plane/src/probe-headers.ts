import type { Platform, PlaybookSettings } from "@atoms/playbook";

/** What a question to the service's own health carries: past the platform's protection, and known to the service as its monitors'. */
export const probeHeaders = (
  platform: Pick<Platform, "passHeaders">,
  { validation }: Pick<PlaybookSettings, "validation">,
): Record<string, string> => ({
  ...platform.passHeaders(),
  ...(validation.probe_header === undefined
    ? {}
    : { [validation.probe_header.name]: validation.probe_header.value }),
});
