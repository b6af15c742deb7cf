import type { Incident } from "@atoms/playbook";
import { useState } from "preact/hooks";
import { ask } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { Act } from "../parts/act.js";
import { Choice, Switch, TextField } from "../parts/fields.js";
import { Part } from "../parts/page.js";
import { type Severity, severities } from "./incidents.js";

const states = [
  ["same", "as before"],
  ["investigating", "investigating"],
  ["identified", "the cause is known"],
  ["monitoring", "a fix is in, and watched"],
] as const;
type Status = (typeof states)[number][0];

/** What can be done with an incident. */
export function IncidentActs({ incident, acted }: { incident: Incident; acted(): void }) {
  const { state, acknowledgedBy, id } = incident;
  const over = state === "resolved" || state === "closed";
  return (
    <Part title="Act">
      <div class="row">
        {!over && acknowledgedBy === undefined && (
          <Act
            label="I have it"
            title="Take this incident"
            tone="primary"
            act={() => ask(calls.ackIncident, { incident: id })}
            done={acted}
          >
            <p>Its pages are answered by that; nobody else is woken for it.</p>
          </Act>
        )}
        {!over && <Update id={id} acted={acted} />}
        <Note id={id} acted={acted} />
        {!over && <Assign id={id} acted={acted} />}
        {!over && <ChangeSeverity incident={incident} acted={acted} />}
        {!over && <Resolve id={id} acted={acted} />}
        {incident.published !== undefined && (
          <Act
            label="Take off the status page"
            title="Take this off the public status page"
            act={() => ask(calls.unpublishIncident, { incident: id })}
            done={acted}
          >
            <p>Nothing of it is public any more. The ledger keeps what was.</p>
          </Act>
        )}
        {state === "resolved" && (
          <Act
            label="Close"
            title="Close this incident"
            act={() => ask(calls.closeIncident, { incident: id })}
            done={acted}
          >
            <p>Nothing is left to do.</p>
          </Act>
        )}
      </div>
    </Part>
  );
}

type Of = { id: string; acted(): void };

/** Whether a text is for everybody, and under which title. */
function useForEverybody() {
  const [on, setOn] = useState(false);
  const [title, setTitle] = useState("");
  const fields = (
    <>
      <Switch label="Show it to everybody, on the public status page" on={on} set={setOn} />
      {on && (
        <TextField
          label="What the incident is called there"
          value={title}
          set={setTitle}
          most={120}
          hint="Its own title is never shown. Left empty: as before."
        />
      )}
    </>
  );
  const name = title.trim();
  return { fields, said: on ? { public: true, ...(name === "" ? {} : { publicTitle: name }) } : {} };
}

function Update({ id, acted }: Of) {
  const [status, setStatus] = useState<Status>("same");
  const everybody = useForEverybody();
  return (
    <Act
      label="Update"
      title="Tell everybody who waits"
      reason={{ label: "How it stands", required: true }}
      act={(text) =>
        ask(calls.updateIncident, {
          incident: id,
          text,
          ...(status === "same" ? {} : { status }),
          ...everybody.said,
        })
      }
      done={acted}
    >
      <p>It goes to the channels of stakeholders, and into the timeline.</p>
      <Choice label="We are" value={status} set={setStatus} of={states} />
      {everybody.fields}
    </Act>
  );
}

function Note({ id, acted }: Of) {
  return (
    <Act
      label="Note"
      title="Put something into the timeline"
      reason={{ label: "What was seen or done", required: true }}
      act={(text) => ask(calls.noteIncident, { incident: id, text })}
      done={acted}
    >
      <p>Nobody is told of it.</p>
    </Act>
  );
}

function Assign({ id, acted }: Of) {
  const [role, setRole] = useState("commander");
  const [who, setWho] = useState("");
  return (
    <Act
      label="Assign"
      title="Say who does what"
      act={() => ask(calls.assignIncident, { incident: id, role: role.trim(), who: who.trim() })}
      done={acted}
    >
      <TextField label="Who" value={who} set={setWho} required most={80} />
      <TextField
        label="In which role"
        value={role}
        set={setRole}
        required
        most={40}
        hint="commander leads it"
      />
    </Act>
  );
}

function ChangeSeverity({ incident, acted }: { incident: Incident; acted(): void }) {
  const [severity, setSeverity] = useState<Severity>(incident.severity);
  return (
    <Act
      label="Severity"
      title="Say how bad it is"
      reason={{ label: "Why" }}
      act={(because) =>
        ask(calls.setSeverity, {
          incident: incident.id,
          severity,
          ...(because === "" ? {} : { because }),
        })
      }
      done={acted}
    >
      <p>Its targets count anew; a worse one may page.</p>
      <Choice label="It is" value={severity} set={setSeverity} of={severities} />
    </Act>
  );
}

function Resolve({ id, acted }: Of) {
  const [unverified, setUnverified] = useState("");
  const everybody = useForEverybody();
  return (
    <Act
      label="Resolve"
      title="End this incident"
      tone="primary"
      reason={{ label: "What ended it", required: true }}
      act={(text) =>
        ask(calls.resolveIncident, {
          incident: id,
          text,
          ...(unverified.trim() === "" ? {} : { unverified: unverified.trim() }),
          ...everybody.said,
        })
      }
      done={acted}
    >
      <p>
        It is looked whether the service is well; while it is not, this is refused, unless you say why it is
        over.
      </p>
      <TextField
        label="Why it is over although not all is well"
        value={unverified}
        set={setUnverified}
        hint="Left empty: only when all is well."
      />
      {everybody.fields}
    </Act>
  );
}
