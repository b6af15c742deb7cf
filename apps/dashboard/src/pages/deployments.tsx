import { calls } from "../api/calls.js";
import { useAsked } from "../live/use-asked.js";
import { Badge, type Tone } from "../parts/badge.js";
import { Head, Shown } from "../parts/page.js";
import { Table } from "../parts/table.js";
import { When } from "../parts/times.js";
import { linkTo } from "../shell/route.js";

const tones: Readonly<Record<string, Tone>> = { ready: "calm", building: "busy", failed: "bad" };

/** How a deployment stands. */
export const DeploymentBadge = ({ serving, state }: { serving: boolean; state: string }) =>
  serving ? <Badge tone="good">serving</Badge> : <Badge tone={tones[state] ?? "calm"}>{state}</Badge>;

/** What the platform holds of the service. */
export function Deployments() {
  const known = useAsked(
    calls.deployments,
    { limit: 100 },
    { when: (news) => "entry" in news && /^(deployment|traffic|rollback|release)\./.test(news.entry.kind) },
  );
  return (
    <>
      <Head title="Deployments" />
      <Shown known={known}>
        {(deployments) => (
          <Table
            name="Deployments"
            rows={deployments}
            keyOf={({ id }) => id}
            none="The platform holds none."
            columns={[
              {
                head: "Deployment",
                of: ({ id, version }) => (
                  <>
                    <a href={linkTo("deployments", id)}>{version ?? id}</a>
                    <br />
                    <code class="muted">{id}</code>
                  </>
                ),
              },
              { head: "State", of: (one) => <DeploymentBadge {...one} /> },
              { head: "Made", of: ({ createdAt }) => <When at={createdAt} /> },
              {
                head: "Proven good",
                of: ({ provenAt }) => (provenAt === undefined ? "" : <When at={provenAt} />),
              },
              {
                head: "Release",
                of: ({ release }) =>
                  release === undefined ? (
                    <span class="muted">not by Atoms</span>
                  ) : (
                    <a href={linkTo("releases", release)}>its release</a>
                  ),
              },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
