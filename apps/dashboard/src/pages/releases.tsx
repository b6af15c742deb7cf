import { useState } from "preact/hooks";
import { calls } from "../api/calls.js";
import { useAsked } from "../live/use-asked.js";
import { ReleaseBadge } from "../parts/badge.js";
import { Choice } from "../parts/fields.js";
import { Head, Part, Shown } from "../parts/page.js";
import { Table } from "../parts/table.js";
import { Since, When } from "../parts/times.js";
import { duration, percent, some } from "../parts/words.js";
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
      <Delivery />
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

const spans = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "a year"],
] as const;

/** How the service is delivered, by the four figures of DORA. */
function Delivery() {
  const [days, setDays] = useState<(typeof spans)[number][0]>("30");
  const known = useAsked(
    calls.figures,
    { days: Number(days) },
    { when: (news) => "entry" in news && news.entry.kind === "release.ended" },
  );
  return (
    <Part title="Delivery" aside={<Choice label="Over" value={days} set={setDays} of={spans} />}>
      <Shown known={known}>
        {({
          released,
          perDay,
          leadTime,
          leadTimeOf,
          failureRate,
          failed,
          reachedUsers,
          timeToRestore,
          restored,
        }) => (
          <dl class="figures">
            <dt>Deployment frequency</dt>
            <dd>
              <strong>
                {perDay >= 1 ? `${perDay.toFixed(1)} a day` : `${(perDay * 7).toFixed(1)} a week`}
              </strong>
              <span class="muted">{some(released, "release")} that stayed</span>
            </dd>
            <dt>Lead time</dt>
            <dd>
              <strong>{leadTime === undefined ? "–" : duration(leadTime)}</strong>
              <span class="muted">
                median from commit to users, of {some(leadTimeOf, "release")} with a known commit
              </span>
            </dd>
            <dt>Change failure rate</dt>
            <dd>
              <strong>{failureRate === undefined ? "–" : percent(failureRate)}</strong>
              <span class="muted">
                {failed} of {some(reachedUsers, "release")} that reached users were taken back
              </span>
            </dd>
            <dt>Time to restore</dt>
            <dd>
              <strong>{timeToRestore === undefined ? "–" : duration(timeToRestore)}</strong>
              <span class="muted">median, of {some(restored, "release")} taken back</span>
            </dd>
          </dl>
        )}
      </Shown>
    </Part>
  );
}
