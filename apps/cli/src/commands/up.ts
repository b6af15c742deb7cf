import { defineCommand } from "../command.js";

export const up = defineCommand({
  name: "up",
  summary: "Start the control plane, and the local cloud if the playbook uses it, in the background",
  examples: ["atoms up", "atoms up --json"],
  more: "A running control plane goes on with interrupted releases, runs the monitors, delivers notices when they are due, and answers other commands at once.",
  async run(invocation) {
    const control = await import("@atoms/control-plane");
    const { dirname } = await import("node:path");
    const { terminal } = invocation;
    const playbook = control.findPlaybook(invocation.cwd, invocation.playbook);
    const places = control.placesOf(dirname(playbook));
    control.makePlaces(places);
    const { settings } = await control.readSettings(playbook, invocation.env, invocation.platform);
    terminal.note(terminal.json ? "starting" : "Starting…");
    const cloud = settings.platform === "local" ? await control.ensureCloud(places) : undefined;
    const plane = await control.ensureControlPlane(places, invocation.env, {
      playbook,
      platform: invocation.platform,
    });
    terminal.result({
      controlPlane: { url: plane.url, pid: plane.pid, startedNow: plane.startedNow },
      ...(settings.status_page === undefined ? {} : { statusPage: `${plane.url}/status` }),
      ...(cloud === undefined
        ? {}
        : { cloud: { api: cloud.api, edge: cloud.edge, pid: cloud.pid, startedNow: cloud.startedNow } }),
    });
    const how = (startedNow: boolean) => (startedNow ? "started" : "was running already");
    if (cloud !== undefined)
      terminal.say(`Local cloud ${how(cloud.startedNow)}: traffic at ${cloud.edge}, API at ${cloud.api}`);
    terminal.say(`Control plane ${how(plane.startedNow)}: ${plane.url} (process ${plane.pid})`);
    if (settings.status_page !== undefined)
      terminal.say(`Status page, for everybody who reaches it: ${plane.url}/status`);
    terminal.say("`atoms down` stops what was started.");
    return "done";
  },
});
