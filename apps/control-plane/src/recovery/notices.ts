import type { RecoveryOrder, RecoveryWorld } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";

/** How a recovery tells people. */
export const recoveryNotices =
  (
    plane: ControlPlane,
    { settings }: Pick<OpenPlaybook, "settings">,
    { release, service, environment }: Pick<RecoveryOrder, "release" | "service" | "environment">,
  ): RecoveryWorld["tell"] =>
  async ({ name, text, over }) => {
    const { outbox } = await plane.store();
    const channel = settings.recovery.channel ?? settings.slack_channels.incidents ?? "#incidents";
    await outbox.put(
      [
        {
          key: `${release}/notice/recovery/${name}`,
          service,
          environment,
          release,
          channel,
          text,
          dueAt: plane.clock.now(),
          thread: release,
          status: over === "well" ? "resolved" : "open",
          severity: over === "well" ? "medium" : "critical",
          title: `Recovery of ${service}`,
        },
      ],
      [],
    );
  };
