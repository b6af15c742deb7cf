import { defineCommand } from "../command.js";

export const down = defineCommand({
  name: "down",
  summary: "Stop the control plane and the local cloud",
  examples: ["atoms down", "atoms down --yes"],
  more: "With the local cloud its deployments stop serving; they are kept and come back with `atoms up`. A release under way is kept and goes on then.",
  async run(invocation) {
    const control = await import("@atoms/control-plane");
    const { dirname } = await import("node:path");
    const { terminal } = invocation;
    const places = control.placesOf(dirname(control.findPlaybook(invocation.cwd, invocation.playbook)));
    const plane = await control.stopControlPlane(places);
    const cloud = await control.stopCloud(places);
    terminal.result({
      controlPlane: plane ? "stopped" : "not running",
      cloud: cloud ? "stopped" : "not running",
    });
    terminal.say(plane ? "Control plane stopped." : "The control plane was not running.");
    terminal.say(cloud ? "Local cloud stopped." : "The local cloud was not running.");
    return "done";
  },
});
