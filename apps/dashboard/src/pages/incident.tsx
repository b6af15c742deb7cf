import type { OutputOf, showIncident } from "@atoms/control-plane";
import { ask } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { mayAct } from "../api/session.js";
import { useAsked } from "../live/use-asked.js";
import { Act } from "../parts/act.js";
import { Badge } from "../parts/badge.js";
import { Head, Part, Shown } from "../parts/page.js";
import { Since, Until, useNow, When } from "../parts/times.js";
import { some } from "../parts/words.js";
import { linkTo } from "../shell/route.js";
import { useWho } from "../shell/who.js";
import { IncidentActs } from "./incident-acts.js";
import { IncidentBadge } from "./incidents.js";

type Standing = OutputOf<typeof showIncident>;

const pace = { gatherMs: 150, leastMs: 1_000 };

/** The room of one incident: how it stands, what is to be done, what happened. */
export function IncidentRoom({ name: id }: { name: string }) {
  const who = useWho();
  // What belongs to its story may be of any kind: a release that goes back, an alert that is over.
  const known = useAsked(calls.incident, { incident: id }, { when: (news) => "entry" in news, pace });
  const standing = known.answer;
  return (
    <>
      <Head title={standing === undefined ? id : `${standing.incident.severity} ${standing.incident.title}`}>
        {standing !== undefined && <IncidentBadge of={standing.incident} />}
      </Head>
      <Shown known={known}>
        {(shown) => (
          <>
            <About standing={shown} />
            {mayAct(who) && <IncidentActs incident={shown.incident} acted={known.again} />}
            <Checklist standing={shown} ticked={known.again} />
            <Part title="What happened">
              <ol class="log">
                {shown.timeline.toReversed().map(({ seq, at, kind, by, says, release }) => (
                  <li key={seq} data-decisive={kind.startsWith("incident.")}>
                    <When at={at} />
                    <span class="kind">{kind}</span>
                    <span>
                      {says} <span class="muted">{by}</span>
                      {release !== undefined && (
                        <>
                          {" "}
                          <a href={linkTo("releases", release)}>the release</a>
                        </>
                      )}
                    </span>
                  </li>
                ))}
              </ol>
            </Part>
          </>
        )}
      </Shown>
    </>
  );
}

function About({ standing: { incident, due } }: { standing: Standing }) {
  const {
    id,
    details,
    openedBy,
    openedAt,
    resolvedAt,
    roles,
    releases,
    alerts,
    channel,
    missed,
    verified,
    review,
  } = incident;
  return (
    <Part title="How it stands">
      <p class="muted">
        <code>{id}</code> opened by {openedBy.name} <When at={openedAt} />
        {resolvedAt === undefined ? (
          <>
            , for <Since at={openedAt} />
          </>
        ) : (
          <>
            , over since <When at={resolvedAt} />
          </>
        )}
      </p>
      {details !== undefined && <p>{details}</p>}
      {incident.resolution !== undefined && (
        <p>
          <strong>Ended by:</strong> {incident.resolution}
          {verified?.anyway !== undefined && ` Not all was well: ${verified.anyway}`}
        </p>
      )}
      <dl class="facts">
        <Kept
          name="Somebody has it"
          at={due.response}
          missed={missed.response}
          kept={incident.acknowledgedBy}
        />
        <Kept name="It is over" at={due.resolution} missed={missed.resolution} kept={incident.resolvedBy} />
        <dt>People</dt>
        <dd>
          {Object.entries(roles)
            .map(([role, { who }]) => `${who} (${role})`)
            .join(", ") || "nobody yet"}
        </dd>
        {incident.published !== undefined && (
          <>
            <dt>Public</dt>
            <dd>
              <a href="/status">{incident.published.title ?? "Service disruption"}</a>,{" "}
              {some(incident.published.updates.length, "update")}
            </dd>
          </>
        )}
        {releases.length > 0 && (
          <>
            <dt>Releases</dt>
            <dd>
              {releases.map((one) => (
                <a key={one} href={linkTo("releases", one)}>
                  {one}{" "}
                </a>
              ))}
            </dd>
          </>
        )}
        {alerts.length > 0 && (
          <>
            <dt>Alerts</dt>
            <dd>{alerts.join(", ")}</dd>
          </>
        )}
        {channel !== undefined && (
          <>
            <dt>Channel</dt>
            <dd>
              {channel.name}
              {channel.is !== "there" &&
                (channel.is === "failed" ? `, could not be made: ${channel.because}` : ", is being made")}
            </dd>
          </>
        )}
        {review !== undefined && (
          <>
            <dt>Post-mortem</dt>
            <dd>
              {review.draftedAt === undefined ? (
                <>
                  due by <When at={review.dueAt} />: <code>atoms incident review</code>
                </>
              ) : (
                `drafted by ${review.draftedBy}`
              )}
            </dd>
          </>
        )}
      </dl>
    </Part>
  );
}

function Kept({
  name,
  at,
  missed,
  kept,
}: {
  name: string;
  at: number | undefined;
  missed: number | undefined;
  kept: string | undefined;
}) {
  const now = useNow();
  if (at === undefined && missed === undefined && kept === undefined) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {kept !== undefined && `${kept} `}
        {missed !== undefined || (at !== undefined && at <= now && kept === undefined) ? (
          <Badge tone="bad">too late</Badge>
        ) : (
          at !== undefined &&
          kept === undefined && (
            <>
              within <Until at={at} />
            </>
          )
        )}
      </dd>
    </>
  );
}

function Checklist({ standing: { incident, checklist }, ticked }: { standing: Standing; ticked(): void }) {
  const who = useWho();
  const open = incident.state !== "resolved" && incident.state !== "closed" && mayAct(who);
  const left = checklist.filter(({ done }) => !done).length;
  if (checklist.length === 0) return null;
  return (
    <Part title="To be done" aside={<span class="muted">{left === 0 ? "all done" : `${left} left`}</span>}>
      <ol class="checklist">
        {checklist.map(({ number, text, done, by, at }) => (
          <li key={number} class="row">
            <Badge tone={done ? "good" : "calm"}>{text}</Badge>
            {by !== undefined && (
              <span class="muted">
                {by}
                {at !== undefined && (
                  <>
                    , <When at={at} />
                  </>
                )}
              </span>
            )}
            {!done && open && (
              <Act
                label="Done"
                title={text}
                act={() => ask(calls.updateIncident, { incident: incident.id, done: number })}
                done={ticked}
              >
                <p>It is put into the timeline that you did this.</p>
              </Act>
            )}
          </li>
        ))}
      </ol>
    </Part>
  );
}
