import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { seedPlan } from "./seed.contract.js";
import { CommunicationPlan, Contacts, NotificationChannels, SlackChannels, Vendors } from "./settings.js";

const minute = 60_000;
const mistakes = (schema: z.ZodType, given: unknown) =>
  (schema.safeParse(given).error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
const entry = (more: object) => ({ channel: "#d", message: "hello", timing: "T-0", ...more });

describe("the runbook's blocks are taken as they stand", () => {
  it("deployment_communication", () => {
    const plan = CommunicationPlan.parse(seedPlan);
    expect(plan.pre_deployment.map(({ timing }) => timing)).toEqual([-15 * minute, -10 * minute]);
    expect(plan.during_deployment.map(({ timing }) => timing)).toEqual([0]);
    expect(plan.post_deployment.map(({ timing }) => timing)).toEqual([5 * minute, 10 * minute]);
    expect(plan.rollback.map(({ timing }) => timing)).toEqual(["immediate"]);
  });

  it("notification_channels", () => {
    const given = {
      slack: {
        webhook_url: "https://hooks.slack.example/services/T0/B0/x",
        channels: { critical: "#atoms-incidents", high: "#atoms-alerts", medium: "#atoms-monitoring" },
      },
      pagerduty: { api_key: "key", service_id: "P1" },
      email: {
        smtp_host: "smtp.gmail.com",
        smtp_port: 587,
        from: "alerts@atoms.tech",
        to: ["engineering@atoms.tech", "ops@atoms.tech"],
      },
    };
    expect(NotificationChannels.parse(given)).toMatchObject({ ...given, console: false });
  });

  it("the contacts of Appendix A", () => {
    const contacts = {
      oncall_primary: "+1-555-0100",
      oncall_secondary: "+1-555-0101",
      engineering_lead: "+1-555-0102",
      cto: "+1-555-0103",
    };
    const slack = {
      incidents: "#atoms-incidents",
      deployments: "#atoms-deployments",
      monitoring: "#atoms-monitoring",
    };
    const vendors = {
      vercel_support: "support@vercel.com",
      supabase_support: "support@supabase.com",
      workos_support: "support@workos.com",
    };
    expect(Contacts.parse(contacts)).toEqual(contacts);
    expect(SlackChannels.parse(slack)).toEqual(slack);
    expect(Vendors.parse(vendors)).toEqual(vendors);
  });

  it("nothing at all", () => {
    expect(NotificationChannels.parse({})).toEqual({
      console: false,
      delivery: {
        fall_over: ["slack", "teams", "discord", "email", "webhook"],
        fall_over_after: 2 * 60_000,
        superseded_after: 10 * 60_000,
        give_up_after: 2 * 24 * 3_600_000,
      },
    });
    expect(CommunicationPlan.parse({})).toEqual({
      pre_deployment: [],
      during_deployment: [],
      post_deployment: [],
      rollback: [],
    });
  });
});

describe("mistakes in the plan", () => {
  it.each([
    {
      section: "pre_deployment",
      given: { timing: "T+5 minutes" },
      says: /pre_deployment\.0\.timing: .*T-15 minutes/,
    },
    { section: "pre_deployment", given: { timing: "T-25h" }, says: /at most a day/ },
    { section: "during_deployment", given: { timing: "T-1m" }, says: /during_deployment\.0\.timing/ },
    { section: "post_deployment", given: { timing: "T-5m" }, says: /T\+5 minutes/ },
    { section: "rollback", given: { timing: "T+5m" }, says: /announced at once/ },
    { section: "rollback", given: { timing: "later" }, says: /expected a moment/ },
    {
      section: "pre_deployment",
      given: { message: "go {sevice}" },
      says: /\{sevice\} is not known; .*\{service\}/,
    },
    { section: "pre_deployment", given: { message: "{because}" }, says: /\{because\} is not known yet/ },
    { section: "pre_deployment", given: { message: "{constructor}" }, says: /\{constructor\} is not known;/ },
    { section: "pre_deployment", given: { message: "" }, says: /message/ },
    { section: "pre_deployment", given: { channel: "two words" }, says: /without spaces/ },
    { section: "pre_deployment", given: { chanel: "#d" }, says: /chanel/ },
  ])("$section $given", ({ section, given, says }) => {
    const found = mistakes(CommunicationPlan, { [section]: [entry(given)] });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(says);
  });

  it("tells every unknown name of a message, and what it might have been", () => {
    const { error } = CommunicationPlan.safeParse({
      pre_deployment: [entry({ message: "{sevice} {versoin}" })],
    });
    expect(error?.issues.map((issue) => issue.code === "custom" && issue.params)).toEqual([
      { word: "sevice", known: ["service", "version", "environment", "release", "address"] },
      { word: "versoin", known: ["service", "version", "environment", "release", "address"] },
    ]);
  });

  it("an unknown section", () => {
    expect(mistakes(CommunicationPlan, { post_deploy: [] })[0]).toMatch(/post_deploy/);
  });
});

describe("mistakes in the channels and contacts", () => {
  it.each([
    {
      schema: NotificationChannels,
      given: { slack: { webhook_url: "hooks.slack.com/x" } },
      says: /slack\.webhook_url: .*https/,
    },
    {
      schema: NotificationChannels,
      given: { slack: { webhook_url: "https://[" } },
      says: /slack\.webhook_url/,
    },
    {
      schema: NotificationChannels,
      given: { slack: {} },
      says: /slack: expected either webhook_url or token/,
    },
    { schema: NotificationChannels, given: { slak: {} }, says: /slak/ },
    { schema: NotificationChannels, given: { webhook: { url: "ftp://x" } }, says: /webhook\.url/ },
    {
      schema: NotificationChannels,
      given: { webhook: { url: "https://x", secret: "" } },
      says: /webhook\.secret/,
    },
    { schema: NotificationChannels, given: { console: "yes" }, says: /console/ },
    {
      schema: NotificationChannels,
      given: { email: { smtp_host: "h", from: "alerts", to: ["a@b.cd"] } },
      says: /email\.from: expected an e-mail address/,
    },
    { schema: NotificationChannels, given: { pagerduty: { service_id: "k" } }, says: /pagerduty\.api_key/ },
    { schema: Contacts, given: { cto: "call me" }, says: /cto: expected a telephone number/ },
    { schema: Contacts, given: { "the CTO": "+1-555-0103" }, says: /the CTO/ },
    { schema: SlackChannels, given: { incident: "#i" }, says: /incident/ },
    { schema: SlackChannels, given: { incidents: "i" }, says: /incidents: expected a Slack channel/ },
  ])("$given", ({ schema, given, says }) => {
    const found = mistakes(schema, given);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(says);
  });

  it("never quotes the address it refuses", () => {
    const found = mistakes(NotificationChannels, { slack: { webhook_url: "hooks/zhSecret" } });
    expect(found.join()).not.toContain("zhSecret");
  });
});
