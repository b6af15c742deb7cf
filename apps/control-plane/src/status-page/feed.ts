import { createHash } from "node:crypto";
import type { PublicStatus } from "@atoms/playbook";
import { incidentWords, maintenanceWords, momentText } from "./words.js";

type Entry = { key: string; at: number; title: string; text: string; fragment: string };

/**
 * The news of the page as an Atom feed: every public update, and every maintenance that was announced.
 * @param base Where the page is reached, without a slash at its end; undefined where that is not known.
 */
export function statusFeed(status: PublicStatus, base: string | undefined): string {
  const entries = entriesOf(status).toSorted((a, b) => b.at - a.at);
  // Without news the feed stands still: a new time would look like news.
  const [first] = status.components.flatMap(({ days }) => days.slice(0, 1));
  const updated = entries[0]?.at ?? Date.parse(first?.day ?? "2020-01-01");
  const page = `${base ?? ""}/status`;
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>${urn(`feed ${status.title}`)}</id>
<title>${escaped(status.title)}</title>
<updated>${iso(updated)}</updated>
<author><name>${escaped(status.title)}</name></author>
<link rel="alternate" type="text/html" href="${escaped(page)}"/>
<link rel="self" type="application/atom+xml" href="${escaped(`${page}.atom`)}"/>
${entries
  .map(
    ({ key, at, title, text, fragment }) =>
      `<entry><id>${urn(key)}</id><title>${escaped(title)}</title><updated>${iso(at)}</updated><link rel="alternate" type="text/html" href="${escaped(`${page}${fragment}`)}"/><content type="text">${escaped(text)}</content></entry>`,
  )
  .join("\n")}
</feed>
`;
}

function entriesOf({ incidents, past, maintenance }: PublicStatus): Entry[] {
  const told = [...incidents, ...past].flatMap(({ key, title, state, resolvedAt, updates }): Entry[] => {
    const fragment = `#i-${key}`;
    const said = updates.map((one, i) => ({
      key: `${key} ${one.at} ${updates.length - i}`,
      at: one.at,
      title: `${title}: ${incidentWords[one.state]}`,
      text: one.text,
      fragment,
    }));
    // Its end is news, whether or not somebody found words for it.
    const ended = state === "resolved" && updates[0]?.state !== "resolved" && resolvedAt !== undefined;
    return ended
      ? [
          ...said,
          {
            key: `${key} ${resolvedAt} over`,
            at: resolvedAt,
            title: `${title}: ${incidentWords.resolved}`,
            text: "It is over.",
            fragment,
          },
        ]
      : said;
  });
  const planned = maintenance.map(({ state, startsAt, endsAt, text }): Entry => {
    const key = `maintenance ${startsAt} ${state}`;
    return {
      key,
      // When it was announced is not known here; a day before is when most are.
      at: state === "planned" ? startsAt - 86_400_000 : startsAt,
      title: `${text}: ${maintenanceWords[state]}`,
      text: `From ${momentText(startsAt)} until ${momentText(endsAt)} at the latest.`,
      fragment: "#maintenance",
    };
  });
  return [...told, ...planned];
}

const iso = (at: number) => new Date(at).toISOString();

/** An id that says nothing and stays the same. */
function urn(key: string): string {
  const hex = createHash("sha256").update(key).digest("hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join("-")}`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => entities[letter] ?? letter);
