import type { ChannelInfo, ChannelTest } from "@atoms/control-plane";
import type { Paint } from "../terminal/terminal.js";
import { tableText } from "./table.js";
import { howLong } from "./words.js";

/** The channels of a playbook. */
export function channelsText(channels: readonly ChannelInfo[], paint: Paint): string {
  if (channels.length === 0)
    return "No channel is set up: messages are printed. Name one in notification_channels of the playbook.";
  return tableText(channels, [
    { head: "CHANNEL", of: ({ channel }) => channel },
    { head: "KIND", of: ({ kind = "" }) => kind },
    {
      head: "TAKES OVER",
      of: ({ takesOver }) => (takesOver === undefined ? "" : String(takesOver)),
      right: true,
    },
    {
      head: "STATE",
      of: ({ because }) =>
        because === undefined ? paint.green("set up") : paint.yellow(`${because}; its messages are printed`),
    },
  ]);
}

/** What came of testing channels. */
export function channelTestsText(tests: readonly ChannelTest[], paint: Paint): string {
  return tableText(tests, [
    { head: "", of: ({ sent }) => (sent ? paint.green("✓") : paint.red("✗")) },
    { head: "CHANNEL", of: ({ channel }) => channel },
    { head: "KIND", of: ({ kind = "" }) => kind },
    { head: "TOOK", of: ({ ms, kind }) => (kind === undefined ? "" : howLong(ms)), right: true },
    { head: "CAME BACK", of: ({ because, saw }) => because ?? saw ?? "delivered" },
  ]);
}
