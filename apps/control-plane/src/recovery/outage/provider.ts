import { dirname } from "node:path";
import { dnsProvider } from "@atoms/dns";
import type { DnsProvider, DnsSettings } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";
import { runCommand } from "../../workspace/index.js";

const linesTold = 3;

/** Whoever keeps the records of the playbook. */
export function dnsOf(
  { clock, env }: Pick<ControlPlane, "clock" | "env">,
  { file, secrets }: Pick<OpenPlaybook, "file" | "secrets">,
  settings: DnsSettings,
): DnsProvider {
  const folder = dirname(file.path);
  return dnsProvider(settings, {
    clock,
    folder,
    async run(command, own, timeoutMs, signal) {
      const redact = (line: string) => secrets.redact(line);
      const { exit, lastLines, notStarted } = await runCommand(command, {
        cwd: folder,
        env: { ...env, ...own },
        timeoutMs,
        signal,
        redact,
      });
      if (exit === 0) return undefined;
      if (notStarted !== undefined) return `could not be started: ${notStarted}`;
      const how =
        exit === undefined ? `did not end within ${Math.round(timeoutMs / 1_000)} s` : `ended with ${exit}`;
      return lastLines.length === 0 ? how : `${how}: ${lastLines.slice(-linesTold).join(" / ")}`;
    },
  });
}
