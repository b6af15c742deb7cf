import { systemClock } from "@atoms/engine/clock";
import { undiciHttp, type VercelPlatform } from "@atoms/vercel";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { openPlatform } from "../open-platform.js";
import type { Places } from "../places.js";
import { loadPlaybook } from "../playbook-file/index.js";

/** What a look needs of this process: neither engine nor store, which take a second to load on a busy machine. */
export interface Eyes extends Pick<ControlPlane, "clock" | "http" | "places"> {
  /** @throws ATM-101 and its kin with every mistake of the file. */
  open(ref: PlaybookRef): Promise<OpenPlaybook>;
  close(): Promise<void>;
}

/** Opens eyes; nothing is loaded, asked or started before it is needed. */
export function openEyes(places: Places, env: Readonly<Record<string, string | undefined>>): Eyes {
  const clock = systemClock;
  const http = undiciHttp({ clock, freshConnections: true });
  const opened: Promise<VercelPlatform>[] = [];
  return {
    clock,
    http,
    places,
    async open(ref) {
      const loaded = await loadPlaybook({ path: ref.playbook, env, platform: ref.platform });
      const { settings } = loaded;
      return {
        ...loaded,
        service: settings.service.name,
        environment: settings.environment,
        platformName: settings.platform,
        platform: (options) => {
          const opening = openPlatform(
            settings,
            { places, env, clock, random: Math.random, mayAct: () => true },
            options,
          );
          opened.push(opening);
          return opening;
        },
      };
    },
    async close() {
      await Promise.all(opened.map((one) => one.then((platform) => platform.close()).catch(() => undefined)));
      await http.close();
    },
  };
}
