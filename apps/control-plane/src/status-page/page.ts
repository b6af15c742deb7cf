import type {
  PublicComponent,
  PublicDay,
  PublicIncident,
  PublicMaintenance,
  PublicStatus,
} from "@atoms/playbook";
import { html, raw } from "hono/html";
import { style } from "./style.js";
import {
  componentWords,
  dayText,
  incidentWords,
  maintenanceWords,
  momentText,
  overallWords,
  percentText,
} from "./words.js";

type Html = ReturnType<typeof html>;

/**
 * The status page: no script, nothing fetched, whole as it is sent. Every value is escaped.
 * @param late Whether it could not be brought up to date for a while; the page says so.
 */
export const statusPage = (status: PublicStatus, late: boolean): Html =>
  shell(
    status.title,
    html`<header>
<h1>${status.title}</h1>
${status.about === undefined ? "" : html`<p class="quiet">${status.about}</p>`}
</header>
<p class="all is-${dashed(status.state)}">${overallWords[status.state]}</p>
${late ? html`<p class="card late">This page could not be brought up to date for a while. It shows what was so at ${moment(status.at)}; it may be otherwise by now.</p>` : ""}
${status.incidents.length === 0 ? "" : html`<section aria-labelledby="incidents"><h2 id="incidents">Incidents</h2>${status.incidents.map(incident)}</section>`}
${status.maintenance.length === 0 ? "" : html`<section aria-labelledby="maintenance"><h2 id="maintenance">Maintenance</h2>${status.maintenance.map(maintenance)}</section>`}
<section aria-labelledby="components"><h2 id="components">Components</h2>
<ul class="plain">${status.components.map(component)}</ul></section>
<section aria-labelledby="past"><h2 id="past">Past incidents</h2>
${status.past.length === 0 ? html`<p class="quiet">There was none lately.</p>` : status.past.map(incident)}</section>`,
    html`<p class="quiet">As of ${moment(status.at)}. Load the page again for the news, or follow the <a href="/status.atom">feed</a>. The same <a href="/status.json">for programs</a>.</p>
${status.support === undefined ? "" : html`<p class="quiet"><a href="${status.support}" rel="noreferrer">Help and support</a></p>`}`,
  );

/** What is served while nothing is known yet: nothing of the inside, and when to ask again. */
export const notYetPage = (): Html =>
  shell(
    "Status",
    html`<h1>The status is not known yet</h1><p>This page cannot be shown at the moment. That alone does not say that the service is down. Load it again in a minute.</p>`,
    html``,
  );

/** Only `link` is fetched, by readers of feeds, when somebody follows it. */
const shell = (title: string, main: Html, foot: Html): Html =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,"><link rel="alternate" type="application/atom+xml" title="${title}" href="/status.atom">
<style>${raw(style)}</style></head>
<body><main>
${main}
</main><footer>${foot}</footer></body></html>
`;

const dashed = (state: string) => state.replaceAll(" ", "-");
const moment = (at: number) => html`<time datetime="${new Date(at).toISOString()}">${momentText(at)}</time>`;

function component({ name, about, state, days, share }: PublicComponent): Html {
  const looked = days.filter((day) => day.share !== undefined);
  const troubled = looked.filter((day) => (day.share ?? 1) < 1).toReversed();
  const says =
    share === undefined
      ? "nobody has looked yet"
      : `up ${percentText(share)} of the time on ${looked.length} of ${days.length} days, ${troubled.length === 0 ? "without any trouble" : `with trouble on ${troubled.length}`}`;
  return html`<li class="card"><div class="line"><h3>${name}</h3><span class="state is-${state}">${componentWords[state]}</span></div>
${about === undefined ? "" : html`<p class="quiet">${about}</p>`}
<svg viewBox="0 0 ${days.length * 6} 34" preserveAspectRatio="none" role="img" aria-label="${name}, the last ${days.length} days: ${says}">${days.map(bar)}</svg>
<div class="ends quiet"><span>${days.length} days ago</span><span>${share === undefined ? "" : percentText(share)}</span><span>Today</span></div>
<details><summary>Day by day<span class="quiet"> of ${name}</span></summary>
<p class="quiet">Days begin and end by UTC. ${sentence(says)}</p>
${troubled.length === 0 ? "" : html`<ul>${troubled.map(({ day, share: of }) => html`<li><time datetime="${day}">${dayText(day)}</time>: up ${percentText(of ?? 0)}</li>`)}</ul>`}
</details></li>`;
}

const sentence = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

/** Lower as well as of another colour, so that it is seen without colours. */
function bar({ share }: PublicDay, i: number): Html {
  const [is, height] =
    share === undefined ? ["none", 5] : share >= 1 ? ["up", 34] : share > 0.9 ? ["some", 24] : ["down", 14];
  return html`<rect class="day-${is}" x="${i * 6}" y="${34 - Number(height)}" width="4" height="${height}"/>`;
}

function incident({ title, state, startedAt, resolvedAt, updates, key }: PublicIncident): Html {
  return html`<article class="card" id="i-${key}"><div class="line"><h3>${title}</h3><span class="state is-${state}">${incidentWords[state]}</span></div>
<p class="quiet">Since ${moment(startedAt)}${resolvedAt === undefined || state !== "resolved" ? "" : html`, over at ${moment(resolvedAt)}`}</p>
<ol class="plain updates">${updates.map(
    ({ at, state: was, text }) =>
      html`<li><p><strong>${incidentWords[was]}</strong> <span class="quiet">${moment(at)}</span></p><p>${text}</p></li>`,
  )}</ol></article>`;
}

function maintenance({ state, startsAt, endsAt, text }: PublicMaintenance): Html {
  return html`<article class="card"><div class="line"><h3>${text}</h3><span class="state is-${dashed(state)}">${maintenanceWords[state]}</span></div>
<p class="quiet">${state === "planned" ? "From" : "Since"} ${moment(startsAt)}, until ${moment(endsAt)} at the latest</p></article>`;
}
