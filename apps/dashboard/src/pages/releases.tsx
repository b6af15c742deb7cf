import { calls } from "../api/calls.js";
import { useAsked } from "../live/use-asked.js";
import { ReleaseBadge } from "../parts/badge.js";
import { Head, Shown } from "../parts/page.js";
import { Table } from "../parts/table.js";
import { Since, When } from "../parts/times.js";
import { duration, percent } from "../parts/words.js";
import { linkTo } from "../shell/route.js";
import { useWho } from "../shell/who.js";

/** Every release of the environment, newest first. */
export function Releases() {
  const { service, environment } = useWho();
  const known = useAsked(
    calls.releases,
    { service, environment, limit: 100 },
    { when: (news) => "release" in news || ("entry" in news && news.entry.kind.startsWith("release.")) },
  );
  return (
    <>
      <Head title="Releases" />
      <Shown known={known}>
        {(releases) => (
          <Table
            name="Releases"
            rows={releases}
            keyOf={({ id }) => id}
            none={
              <>
                There was no release yet. <code>atoms deploy</code> makes one.
              </>
            }
            columns={[
              { head: "Version", of: ({ id, version }) => <a href={linkTo("releases", id)}>{version}</a> },
              { head: "Outcome", of: (release) => <ReleaseBadge of={release} /> },
              { head: "Strategy", of: ({ strategy }) => strategy },
              { head: "Started", of: ({ startedAt }) => <When at={startedAt} /> },
              { head: "By", of: ({ startedBy }) => startedBy.name },
              {
                head: "Took",
                number: true,
                of: ({ startedAt, endedAt }) =>
                  endedAt === undefined ? <Since at={startedAt} /> : duration(endedAt - startedAt),
              },
              {
                head: "Why",
                of: ({ state, phase, split, because, problem }) =>
                  state === "running" ? `${phase}, ${percent(split)}` : (problem?.title ?? because ?? ""),
              },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
