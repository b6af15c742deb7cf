import type { OpenPlaybook } from "../../control-plane.js";

/** What is left to people after a breach, whatever was rotated. */
export function breachChecklist(
  { settings, platformName }: OpenPlaybook,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  return [
    ...(settings.recovery.security_breach.attack_mode === undefined
      ? [
          "If requests go on that should not: `recovery.security_breach.attack_mode` has the platform challenge visitors that it does not know; on Vercel the project's Firewall has the switch, too.",
        ]
      : []),
    ...(platformName === "vercel"
      ? [
          "Roll the platform's own token (VERCEL_TOKEN) and look through the members and integrations of the team.",
        ]
      : [
          "The local cloud has no firewall besides attack mode: whoever reaches the machine reaches the service.",
        ]),
    ...(settings.recovery.security_breach.old_deployments === "keep"
      ? [
          "Remove the deployments made before, or protect them: each still answers at its own address, with the secrets it was built with. `atoms deployments` lists them; `recovery.security_breach.old_deployments: remove` has the recovery do it.",
        ]
      : []),
    "Restart the control plane (`atoms down`, then `atoms up`): its owner's token is made anew. Remove .atoms/keys/link-secret before, so that links in old messages open nothing.",
    ...(env["ATOMS_LINK_SECRET"] === undefined ? [] : ["Give ATOMS_LINK_SECRET a new value."]),
    "Roll the secrets of Atoms' own channels: webhooks, mail, PagerDuty (`atoms channels` lists them).",
    ...settings.recovery.security_breach.checklist,
  ];
}
