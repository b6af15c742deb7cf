import { isProblem, timeText } from "@atoms/playbook";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { html } from "hono/html";
import type { ControlPlane } from "../control-plane.js";
import { discreet, linkPage, refusedPage } from "../signed-links/index.js";
import { type LinkSight, seeLink, useLink } from "./use-link.js";

/**
 * The pages of approval links. They need no token of the API: the link is signed. Opening one shows what is asked and
 * changes nothing, since programs that look at messages open links too; only its buttons answer.
 */
export function approvalRoutes(plane: ControlPlane): Hono {
  const app = new Hono();
  app.use("/approve/*", bodyLimit({ maxSize: 16_384 }), discreet);
  const answered = async (work: () => Promise<LinkSight>) => {
    try {
      return { page: pageOf(await work()), status: 200 } as const;
    } catch (error) {
      if (!isProblem(error)) throw error;
      return { page: refusedPage(error.happened), status: error.code === "ATM-526" ? 403 : 409 } as const;
    }
  };
  app.get("/approve/:token", async (c) => {
    const { page, status } = await answered(() => seeLink(plane, c.req.param("token")));
    return c.html(page, status);
  });
  app.post("/approve/:token", async (c) => {
    const form = await c.req.parseBody().catch((): Record<string, unknown> => ({}));
    const answer = form["answer"];
    if (answer !== "approve" && answer !== "refuse") return c.html(refusedPage("No answer was given."), 400);
    const { page, status } = await answered(() =>
      useLink(plane, c.req.param("token"), {
        yes: answer === "approve",
        because: lineIn(form["because"], 500),
        typed: lineIn(form["name"], 80),
      }),
    );
    return c.html(page, status);
  });
  return app;
}

/** What was typed, as one line; undefined when it is nothing. */
function lineIn(value: unknown, most: number): string | undefined {
  if (typeof value !== "string") return undefined;
  const line = value
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, most);
  return line === "" ? undefined : line;
}

function pageOf({ claim, release, question, approvedBy, usedBy }: LinkSight) {
  const { service, environment, version, id, startedBy, state } = release;
  const soFar = approvedBy.length === 0 ? "" : html`<p>Approved by ${approvedBy.join(", ")}.</p>`;
  const head = html`<h1>${service} ${version} in ${environment}</h1><p>${id}, started by ${startedBy.name}.</p>`;
  if (usedBy !== undefined)
    return linkPage(
      "Answered",
      html`${head}<p>${usedBy} has answered by this link (${claim.of}). Thank you.</p>${soFar}`,
    );
  if (question === undefined) {
    const now = state === "running" ? "It goes on, and does not ask this any more" : `It has ended: ${state}`;
    return linkPage("Not asked any more", html`${head}<p>${now} (${claim.of}).</p>${soFar}`);
  }
  const then = question.otherwise === "refuse" ? "it is refused" : "it goes on";
  const who =
    claim.who === undefined
      ? html`<label>Your name <input name="name" required maxlength="80" autocomplete="name"></label>`
      : html`<p>You answer as <b>${claim.who}</b>.</p>`;
  return linkPage(
    "Approve?",
    html`${head}<p>It asks (${claim.of}):</p><ul>${question.about.map((one) => html`<li>${one}</li>`)}</ul>
<p>Until ${timeText(question.until)}; if nobody answers, ${then}.</p>${soFar}
<form method="post">${who}<label>Why (kept in the ledger) <input name="because" maxlength="500"></label>
<button name="answer" value="approve">Approve</button><button name="answer" value="refuse">Refuse</button></form>`,
  );
}
