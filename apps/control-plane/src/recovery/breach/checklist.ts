import type { OpenPlaybook } from "../../control-plane.js";

/**
 * What is left to people after a breach, whatever was rotated. The platform port has no attack mode to switch on: the
 * platform's interface that Atoms speaks has none.
 */
export function breachChecklist(
  { settings, platformName }: OpenPlaybook,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  return [
    ...(platformName === "vercel"
      ? [
          "Switch the firewall's attack mode on if requests go on that should not (Vercel: project, Firewall); Atoms cannot do it.",
          "Roll the platform's own token (VERCEL_TOKEN) and look through the members and integrations of the team.",
        ]
      : [
          "The local cloud has no firewall and no attack mode: whoever reaches the machine reaches the service.",
        ]),
    "Restart the control plane (`atoms down`, then `atoms up`): its owner's token is made anew. Remove .atoms/keys/link-secret before, so that links in old messages open nothing.",
    ...(env["ATOMS_LINK_SECRET"] === undefined ? [] : ["Give ATOMS_LINK_SECRET a new value."]),
    "Roll the secrets of Atoms' own channels: webhooks, mail, PagerDuty (`atoms channels` lists them).",
    ...settings.recovery.security_breach.checklist,
  ];
}
