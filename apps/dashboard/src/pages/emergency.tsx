import type { assessEmergency, OutputOf } from "@atoms/control-plane";
import type { EmergencyAct } from "@atoms/playbook";
import type { ComponentChildren } from "preact";
import { calls } from "../api/calls.js";
import { useAsked } from "../live/use-asked.js";
import { Badge } from "../parts/badge.js";
import { Head, Part, Shown } from "../parts/page.js";
import { Table } from "../parts/table.js";
import { Ago, When } from "../parts/times.js";
import { duration } from "../parts/words.js";
import { linkTo } from "../shell/route.js";

type Assessment = OutputOf<typeof assessEmergency>;

/** It is on fire: what it is, what changed, and where it can be acted upon. Reads only. */
export function Emergency() {
  // Every host and the platform are asked: when somebody wants to know, not by themselves.
  const known = useAsked(calls.emergency, {});
  return (
    <>
      <Head title="Emergency">
        <button type="button" class="primary" onClick={known.again}>
          Look again
        </button>
      </Head>
      <Shown known={known}>
        {(seen) => (
          <>
            <Suspect seen={seen} />
            <div class="cards">
              <Users seen={seen} />
              <People seen={seen} />
            </div>
            <Choices seen={seen} />
            <Changes seen={seen} />
            <Errors seen={seen} />
            {seen.unseen.length > 0 && (
              <Part title="What could not be seen" aside={<Badge tone="warn">{seen.unseen.length}</Badge>}>
                <ul>
                  {seen.unseen.map(({ part, because }) => (
                    <li key={part}>
                      {part}: {because}
                    </li>
                  ))}
                </ul>
              </Part>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

function Suspect({ seen: { culprit, at, ms, store } }: { seen: Assessment }) {
  const tone = culprit.kind === "nothing wrong" ? "good" : culprit.sure === "likely" ? "bad" : "warn";
  return (
    <Part title="What most likely did it" aside={<Badge tone={tone}>{culprit.sure}</Badge>}>
      <p class="big">{culprit.says}</p>
      {culprit.because.length > 0 && (
        <ul>
          {culprit.because.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      <p class="muted">
        Looked <When at={at} exact /> in {duration(ms)}
        {store === "away" && "; the store could not be reached"}.
      </p>
    </Part>
  );
}

function Users({ seen: { hosts, production } }: { seen: Assessment }) {
  const serving = production.is === "seen" ? production.value.deployment : undefined;
  return (
    <Part title="What users get">
      {hosts.is === "dead" ? (
        <p class="note">No host could be asked: {hosts.because}</p>
      ) : (
        <ul class="hosts">
          {hosts.value.map(({ host, ok, saw, ms }) => (
            <li key={host}>
              <Badge tone={ok ? "good" : "bad"}>{host.replace(/^https?:\/\//, "")}</Badge> {saw}{" "}
              <span class="muted">in {duration(ms)}</span>
            </li>
          ))}
        </ul>
      )}
      {serving !== undefined && (
        <p>
          Production serves <a href={linkTo("deployments", serving.id)}>{serving.version ?? serving.id}</a>.
        </p>
      )}
    </Part>
  );
}

function People({ seen: { alerts, incidents, releases, freeze } }: { seen: Assessment }) {
  const firing = alerts.is === "seen" ? alerts.value : [];
  const open = incidents.is === "seen" ? incidents.value : [];
  const running = releases.is === "seen" ? releases.value.running : undefined;
  const frozen = freeze.is === "seen" ? freeze.value : null;
  const calm = firing.length === 0 && open.length === 0 && running === undefined && frozen === null;
  return (
    <Part title="What is known">
      {calm && <p class="muted">No alert fires, no incident is open, no release runs.</p>}
      <ul>
        {running !== undefined && (
          <li>
            Release <a href={linkTo("releases", running.id)}>{running.version}</a> is under way, in{" "}
            {running.phase}
          </li>
        )}
        {open.map(({ id, severity, title, openedAt }) => (
          <li key={id}>
            <strong>{severity}</strong> <a href={linkTo("incidents", id)}>{title}</a>{" "}
            <span class="muted">
              opened <Ago at={openedAt} />
            </span>
          </li>
        ))}
        {firing.map(({ id, rule, saw, severity, activeAt }) => (
          <li key={id}>
            <strong>{severity}</strong> <a href="#/alerts">{rule}</a>: {saw}{" "}
            <span class="muted">
              since <When at={activeAt} />
            </span>
          </li>
        ))}
        {frozen !== null && (
          <li>
            Releases are frozen by {frozen.by.name}: {frozen.because}
          </li>
        )}
      </ul>
    </Part>
  );
}

/** Where an act can be done in the dashboard; the others take a word that a click cannot give. */
function whereOf(act: EmergencyAct, { releases }: Assessment): ComponentChildren {
  const running = releases.is === "seen" ? releases.value.running : undefined;
  const command = <code>atoms emergency --do {act}</code>;
  switch (act) {
    case "rollback":
      return running === undefined ? (
        <a href="#/">Roll back on the overview</a>
      ) : (
        <a href={linkTo("releases", running.id)}>End the release</a>
      );
    case "maintenance":
      return (
        <>
          {command}, and <a href="#/maintenance">how it stands</a>
        </>
      );
    case "escalate":
      return (
        <>
          <a href="#/incidents">Open an incident</a>, which pages, or {command}
        </>
      );
    default:
      return command;
  }
}

function Choices({ seen }: { seen: Assessment }) {
  return (
    <Part title="What can be done">
      <Table
        name="What can be done"
        rows={seen.choices}
        keyOf={({ act }) => act}
        none="Nothing."
        columns={[
          {
            head: "Act",
            of: ({ title, advised }) => (
              <>
                <strong>{title}</strong> {advised && <Badge tone="warn">advised</Badge>}
              </>
            ),
          },
          { head: "It would", of: ({ does, not }) => does ?? <span class="muted">not now: {not}</span> },
          { head: "Where", of: ({ act, does }) => does !== undefined && whereOf(act, seen) },
        ]}
      />
    </Part>
  );
}

function Changes({ seen: { changes } }: { seen: Assessment }) {
  return (
    <Part title="Changed in the last hour">
      <Table
        name="Changes"
        rows={changes.toReversed().slice(0, 50)}
        keyOf={({ at, says }) => `${at}${says}`}
        none="Nothing was changed."
        columns={[
          { head: "When", of: ({ at }) => <When at={at} exact /> },
          {
            head: "What",
            of: ({ says, outside }) => (
              <>
                {says} {outside === true && <Badge tone="warn">past Atoms</Badge>}
              </>
            ),
          },
          { head: "By", of: ({ by }) => by ?? "" },
        ]}
      />
    </Part>
  );
}

function Errors({ seen: { errors } }: { seen: Assessment }) {
  if (errors.is === "dead" || errors.value.lines.length === 0) return null;
  const { deployment, lines } = errors.value;
  return (
    <Part title="Recent errors" aside={<a href={linkTo("deployments", deployment)}>all logs</a>}>
      <ol class="log">
        {lines.slice(-20).map(({ at, text }) => (
          <li key={`${at}${text}`}>
            <When at={at} exact />
            <span>{text}</span>
          </li>
        ))}
      </ol>
    </Part>
  );
}
