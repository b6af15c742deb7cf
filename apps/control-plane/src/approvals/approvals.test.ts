import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askedData, type Question, type Release } from "@atoms/playbook";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { apiApp } from "../api/server.js";
import type { ControlPlane } from "../control-plane.js";
import { linkSecret } from "../kept-secret.js";
import { openControlPlane } from "../open-control-plane.js";
import { placesOf } from "../places.js";
import { readLink, signLink } from "../signed-links/index.js";
import { approve, makeApprovalLink, showQuestion } from "../verbs/approve.js";
import { approvalLinks, nonceOf } from "./link.js";
import { approvalLink, withApprovalLink } from "./use-link.js";

const ada = { kind: "person", name: "ada", via: "cli" } as const;
const base = "http://atoms.test";
let folder: string;
let plane: ControlPlane;
let playbook: string;
let count = 0;
let release: Release;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atoms-approve-"));
  playbook = join(folder, "playbook.yaml");
  await writeFile(playbook, "version: 1\nservice: { name: shop }\n");
  plane = await openControlPlane({
    places: placesOf(folder),
    env: { ATOMS_PUBLIC_URL: `${base}/` },
    kind: "command",
    print: () => undefined,
  });
  // Answers wake the release; the engine takes its time to begin.
  await plane.engine();
}, 120_000);
afterAll(async () => {
  await plane?.close();
  await rm(folder, { recursive: true, force: true });
});

const of = "shift";
const question = (more: Partial<Question> = {}): Question => ({
  of,
  about: ["giving traffic to <dpl_2>"],
  people: 1,
  starterCounts: true,
  until: plane.clock.now() + 60_000,
  otherwise: "refuse",
  ...more,
});

const event = (kind: string, data: Parameters<typeof askedData>[0] | object) => ({
  key: `${release.id}/${kind}/${++count}`,
  kind,
  at: plane.clock.now(),
  actor: ada,
  service: release.service,
  environment: release.environment,
  release: release.id,
  data: data as ReturnType<typeof askedData>,
});
const ask = async (more: Partial<Question> = {}) => {
  const { ledger } = await plane.store();
  await ledger.append([event("approval.asked", askedData(question(more)))]);
};

/** Every test has a release of its own that asks one question. */
beforeEach(async () => {
  const { releases } = await plane.store();
  for (const one of await releases.list({ state: "running", limit: 9 }))
    await releases.change(one.id, { state: "failed" }, []);
  release = await releases.open(
    {
      id: `rel_${++count}`,
      service: "shop",
      environment: "production",
      platform: "local",
      strategy: "standard",
      version: "v1",
      state: "running",
      phase: "shift",
      startedBy: ada,
      startedAt: 1,
      source: "",
      split: 0,
    },
    [],
  );
});

const app = () => apiApp(plane, { token: "t", own: { playbook } });
const get = async (url: string) => {
  const answer = await app().request(url);
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};
const post = async (url: string, form: Record<string, string>) => {
  const answer = await app().request(url, { method: "POST", body: new URLSearchParams(form) });
  return { status: answer.status, text: await answer.text() };
};
const link = (more: object = {}) =>
  approvalLink(plane, { release: release.id, of, until: plane.clock.now() + 60_000, ...more });
const answers = async () => {
  const { ledger } = await plane.store();
  const all = await ledger.read({ release: release.id, limit: 99 });
  return all.filter(({ kind }) => kind === "approval.given" || kind === "approval.refused");
};

describe("an approval link", () => {
  it("only shows what is asked when it is opened, by whatever program and however often", async () => {
    await ask();
    const url = await link();
    for (let i = 0; i < 3; i++) {
      const page = await get(url);
      expect(page).toMatchObject({
        status: 200,
        text: expect.stringContaining("giving traffic to &lt;dpl_2&gt;"),
      });
      expect(page.headers.get("cache-control")).toBe("no-store");
      expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    }
    expect((await app().request(url, { method: "HEAD" })).status).toBe(200);
    expect(await answers()).toEqual([]);
  });

  it("answers by its button, once, under the name that was typed", async () => {
    await ask();
    const url = await link();
    expect(await post(url, { answer: "approve", name: "ben\n", because: "looks good" })).toMatchObject({
      status: 200,
    });
    expect(await answers()).toMatchObject([
      {
        kind: "approval.given",
        actor: { name: "ben" },
        data: { via: "link", identity: "typed on the page of a link" },
      },
    ]);
    expect(await post(url, { answer: "approve", name: "eve" })).toMatchObject({
      status: 403,
      text: expect.stringContaining("ben has used it already"),
    });
    expect(await post(url, { answer: "refuse", name: "ben" })).toMatchObject({ status: 403 });
    expect(await answers()).toHaveLength(1);
    expect((await get(url)).text).toContain("ben has answered");
  });

  it("of two that press at the same moment takes one", async () => {
    await ask();
    const url = await link();
    const all = await Promise.all(["a", "b", "c", "d"].map((name) => post(url, { answer: "approve", name })));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await answers()).toHaveLength(1);
  });

  it("can be pressed again by whoever's process died between spending it and writing the answer down", async () => {
    await ask();
    const url = await link({ who: "ben" });
    const { ledger } = await plane.store();
    const claim = readLink(approvalLinks, await secret(), url.split("/").at(-1) ?? "", 0);
    if ("refused" in claim) throw new Error(claim.refused);
    const ben = { kind: "person", name: "ben", via: "api" } as const;
    const spent = event("approval.link-used", { of, answer: "approve" });
    await ledger.append([{ ...spent, key: `${release.id}/link/${claim.nonce}`, actor: ben }]);
    expect(await post(url, { answer: "approve" })).toMatchObject({ status: 200 });
    expect(await answers()).toHaveLength(1);
  });

  it("for one approver answers as them, and cannot be used under another name", async () => {
    await ask({ approvers: ["ben", "eve"], people: 2, starterCounts: false });
    expect(await post(await link({ who: "ben" }), { answer: "approve", name: "eve" })).toMatchObject({
      status: 200,
    });
    expect(await answers()).toMatchObject([
      { actor: { name: "ben" }, data: { identity: "the link was theirs" } },
    ]);
    expect(await post(await link({ who: "zoe" }), { answer: "approve" })).toMatchObject({ status: 409 });
  });

  it("says no with a reason", async () => {
    await ask();
    expect(await post(await link(), { answer: "refuse", name: "ben", because: "wait" })).toMatchObject({
      status: 200,
    });
    expect(await answers()).toMatchObject([{ kind: "approval.refused", data: { because: "wait" } }]);
  });

  it("does not count when it was changed, made with another key, is too old, or is for something else", async () => {
    await ask();
    const url = await link();
    const token = url.split("/").at(-1) ?? "";
    const [body = "", signature = ""] = token.split(".");
    const other = Buffer.from(
      JSON.stringify({ release: release.id, of: "step 9", nonce: "n", until: 9e15 }),
    ).toString("base64url");
    const claim = { release: release.id, of, nonce: "n", until: 9e15 };
    for (const wrong of [
      `${other}.${signature}`,
      `${body}.${signature.slice(1)}`,
      `${token}.x`,
      body,
      signLink(approvalLinks, "another secret that is long enough", claim),
      signLink(approvalLinks, await secret(), { ...claim, until: 1 }),
      signLink(approvalLinks, await secret(), { ...claim, release: "rel_none" }),
    ]) {
      expect(await get(`${base}/approve/${wrong}`), wrong).toMatchObject({ status: 403 });
      expect(await post(`${base}/approve/${wrong}`, { answer: "approve", name: "eve" }), wrong).toMatchObject(
        { status: 403 },
      );
    }
    expect(await post(await link({ of: "step 9" }), { answer: "approve", name: "eve" })).toMatchObject({
      status: 403,
      text: expect.stringContaining("does not ask this any more (step 9)"),
    });
    expect(await answers()).toEqual([]);
  });

  it("is over when the question is settled, and says how the release stands", async () => {
    await ask();
    const url = await link();
    const { ledger, releases } = await plane.store();
    await ledger.append([event("approval.settled", { of, how: "open" })]);
    expect(await post(url, { answer: "approve", name: "eve" })).toMatchObject({ status: 403 });
    expect((await get(url)).text).toContain("does not ask this any more");
    await releases.change(release.id, { state: "released" }, []);
    expect((await get(url)).text).toContain("It has ended: released");
  });

  it("is over when the release goes back, whatever it had asked", async () => {
    await ask();
    const url = await link();
    const { releases } = await plane.store();
    await releases.change(release.id, { phase: "rollback" }, []);
    expect(await post(url, { answer: "approve", name: "eve" })).toMatchObject({ status: 403 });
    expect(await answers()).toEqual([]);
  });

  it("wants an answer and, where it is for nobody in particular, a name; and takes no flood", async () => {
    await ask();
    const url = await link();
    expect((await post(url, { name: "eve" })).status).toBe(400);
    expect((await post(url, { answer: "approve", name: " " })).status).toBe(403);
    expect((await post(url, { answer: "approve", name: "x".repeat(20_000) })).status).toBe(413);
    expect(await answers()).toEqual([]);
  });
});

const secret = () => linkSecret(plane.places, plane.env);

describe("a message with a link", () => {
  const notice = () => ({
    key: "n1",
    service: "shop",
    environment: "production",
    channel: "#deployments",
    text: "It waits.",
    dueAt: 0,
    approval: { release: release.id, of, until: plane.clock.now() + 60_000 },
  });
  it("gets the same one whenever it is sent, and it works", async () => {
    await ask();
    const given = notice();
    const [first, again] = [await withApprovalLink(plane, given), await withApprovalLink(plane, given)];
    expect(first.text).toBe(again.text);
    const url = /by this link, once: (\S+)$/.exec(first.text)?.[1] ?? "";
    expect(url).toMatch(/^http:\/\/atoms\.test\/approve\//);
    expect(nonceOf("n1")).not.toBe(nonceOf("n2"));
    expect(await post(url, { answer: "approve", name: "ben" })).toMatchObject({ status: 200 });
  });
});

describe("the key of the links", () => {
  it("is made once, also for many who need it at the same moment, and is for the owner alone", async () => {
    const places = { ...plane.places, keys: join(folder, "other-keys") };
    const all = await Promise.all(Array.from({ length: 8 }, () => linkSecret(places, {})));
    expect(new Set([...all, await linkSecret(places, {})]).size).toBe(1);
    expect((await stat(join(places.keys, "link-secret"))).mode & 0o777).toBe(0o600);
    expect(await readdir(places.keys)).toEqual(["link-secret"]);
  });

  it("may be given, long enough, for several control planes", async () => {
    const given = "a key that several control planes share";
    expect(await linkSecret(plane.places, { ATOMS_LINK_SECRET: given })).toBe(given);
    expect(await linkSecret(plane.places, { ATOMS_LINK_SECRET: "short" })).not.toBe("short");
  });
});

describe("the verbs", () => {
  it("answer what is asked, and refuse when nothing is", async () => {
    await expect(approve.run(plane, { playbook, refuse: false }, ada)).rejects.toMatchObject({
      code: "ATM-513",
    });
    await ask();
    expect(await approve.run(plane, { playbook, refuse: false }, ada)).toMatchObject({
      release: { id: release.id },
      question: { of },
      answers: { yes: [{ by: "ada" }] },
    });
    expect(await answers()).toMatchObject([{ actor: ada, data: { via: "command" } }]);
  });

  it("make a link only where it does not matter who answers, and write down who made it", async () => {
    await ask();
    const made = await makeApprovalLink.run(plane, { playbook }, ada);
    expect(await post(made.url, { answer: "approve", name: "ben" })).toMatchObject({ status: 200 });
    const { ledger } = await plane.store();
    expect(await ledger.read({ release: release.id, kind: "approval.link-made" })).toMatchObject([
      { actor: ada },
    ]);
    await ask({ people: 2, starterCounts: false });
    await expect(makeApprovalLink.run(plane, { playbook }, ada)).rejects.toMatchObject({ code: "ATM-525" });
  });
});

describe("a question that is shown and answered from afar", () => {
  it("is shown with what was answered, and not when it is settled", async () => {
    const shown = () => showQuestion.run(plane, { release: release.id }, ada);
    expect(await shown()).toEqual({});
    await ask({ people: 2 });
    await approve.run(plane, { playbook, release: release.id, refuse: false }, ada);
    expect(await shown()).toMatchObject({
      question: { of, people: 2, about: ["giving traffic to <dpl_2>"] },
      answers: { yes: [{ by: "ada" }] },
    });
    const { ledger } = await plane.store();
    await ledger.append([event("approval.settled", { of })]);
    expect(await shown()).toEqual({});
    await expect(showQuestion.run(plane, { release: "rel_none" }, ada)).rejects.toMatchObject({
      code: "ATM-511",
    });
  });

  it("is not answered by who meant another one", async () => {
    await ask({ of: "step 2" });
    const meant = (of: string) =>
      approve.run(plane, { playbook, release: release.id, refuse: false, of }, ada);
    await expect(meant("step 1")).rejects.toMatchObject({ code: "ATM-960" });
    expect(await answers()).toEqual([]);
    await meant("step 2");
    expect(await answers()).toMatchObject([{ kind: "approval.given", data: { of: "step 2" } }]);
  });
});
