import type { DnsProvider, DnsSettings } from "@atoms/playbook";
import { cloudflareDns } from "./cloudflare.js";
import { fileDns } from "./file.js";
import type { DnsPorts } from "./ports.js";
import { updateDns } from "./rfc2136/provider.js";

/** The provider that a playbook names. */
export function dnsProvider(settings: DnsSettings, ports: DnsPorts): DnsProvider {
  switch (settings.kind) {
    case "file":
      return fileDns(settings, ports);
    case "rfc2136":
      return updateDns(settings, ports);
    case "cloudflare":
      return cloudflareDns(settings);
  }
}
