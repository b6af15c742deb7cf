import { z } from "zod";
import { ENTITIES } from "../domain/entities.js";
import { createRecord, type Row, readRow, updateRecord } from "../domain/records.js";
import { invalid, notFound, Refusal } from "../domain/refusal.js";
import { makeLink } from "../domain/relationships.js";
import { runWorkflow, type Steps } from "../domain/workflows.js";
import { defaults, enter } from "../domain/workspace.js";
import { formatType, type Outcome } from "./envelope.js";
import { defineTool, type OperationClass, type ToolContext } from "./tool.js";

const Ids = z.record(z.string(), z.unknown());
type Ids = z.output<typeof Ids>;

/** One workflow: what it takes, and what it does. */
interface Workflow<Parameters extends z.ZodType = z.ZodType> {
  readonly spends: OperationClass;
  readonly parameters: Parameters;
  run(parameters: z.output<Parameters>, steps: Steps, context: ToolContext): Promise<Ids>;
}
const define = <P extends z.ZodType>(workflow: Workflow<P>): Workflow => workflow as unknown as Workflow;

const actorOf = (context: ToolContext) => ({ user: context.user, uuid: context.uuid });
const needs = (what: string) => new Refusal("INVALID_REFERENCE", `skipped: ${what} was not made`);

/** The five workflows; the reference resource is generated from the same list. */
export const WORKFLOWS = {
  setup_project: define({
    spends: "create",
    parameters: z.strictObject({
      name: z.string().min(2).max(255),
      organization_id: z.union([z.uuid(), z.literal("auto")]),
      description: z.string().max(20_000).optional(),
      initial_documents: z.array(z.string().min(1).max(255)).max(50).default([]),
    }),
    async run({ name, organization_id, description, initial_documents }, steps, context) {
      const project = await steps.run("create_project", async (sql) => {
        const organization =
          organization_id === "auto" ? (await defaults(sql, context.user)).organization_id : organization_id;
        if (organization === null) throw invalid("organization_id", "auto needs a default");
        const data = {
          name,
          organization_id: organization,
          ...(description === undefined ? {} : { description }),
        };
        return createRecord(sql, ENTITIES.project, data, actorOf(context));
      });
      const documents: string[] = [];
      for (const title of initial_documents) {
        const made = await steps.run(`create_document ${title}`, async (sql) => {
          if (!project) throw needs("the project");
          return createRecord(
            sql,
            ENTITIES.document,
            { name: title, project_id: project.id },
            actorOf(context),
          );
        });
        if (made) documents.push(made.id);
      }
      await steps.run("set_context", async (sql) => {
        if (!project) throw needs("the project");
        await enter(sql, context.user, {
          organization: String(project["organization_id"]),
          project: project.id,
        });
        return undefined;
      });
      return { project_id: project?.id ?? null, document_ids: documents };
    },
  }),

  import_requirements: define({
    spends: "create",
    parameters: z.strictObject({
      document_id: z.uuid(),
      requirements: z.array(z.record(z.string(), z.json())).min(1).max(500),
    }),
    async run({ document_id, requirements }, steps, context) {
      const made: string[] = [];
      for (const [i, requirement] of requirements.entries()) {
        const row = await steps.run(`create_requirement ${i + 1}`, (sql) =>
          createRecord(
            sql,
            ENTITIES.requirement,
            { priority: "medium", ...requirement, document_id },
            actorOf(context),
          ),
        );
        if (row) made.push(row.id);
      }
      return { document_id, requirement_ids: made };
    },
  }),

  setup_test_matrix: define({
    spends: "create",
    parameters: z.strictObject({ project_id: z.uuid() }),
    async run({ project_id }, steps, context) {
      let uncovered: Row[] = [];
      await steps.run("find_requirements", async (sql) => {
        const found = await sql.query("select 1 from projects where id = $1 and not is_deleted", [
          project_id,
        ]);
        if (found.length === 0) throw notFound("project");
        uncovered = await sql.query<Row>(
          `select r.id, r.name, r.priority from requirements r join documents d on d.id = r.document_id
           where d.project_id = $1 and not r.is_deleted and r.priority in ('high', 'critical')
             and not exists (select 1 from requirement_tests l join test_req t on t.id = l.test_id and not t.is_deleted
                             where l.requirement_id = r.id and not l.is_deleted)
           order by r.created_at, r.id`,
          [project_id],
        );
        return undefined;
      });
      const matrix: Record<string, unknown>[] = [];
      for (const requirement of uncovered) {
        const name = String(requirement["name"]);
        const test = await steps.run(`create_test ${name}`, async (sql) => {
          const data = { title: `Test ${name}`, project_id, priority: requirement["priority"] };
          const made = await createRecord(sql, ENTITIES.test, data, actorOf(context));
          const source = { type: "requirement", id: requirement.id };
          await makeLink(
            sql,
            "requirement_test",
            source,
            { type: "test", id: made.id },
            { coverage_level: "full" },
            actorOf(context),
          );
          return made;
        });
        if (test)
          matrix.push({
            requirement_id: requirement.id,
            requirement: name,
            test_id: test.id,
            coverage_level: "full",
          });
      }
      return { project_id, matrix };
    },
  }),

  bulk_status_update: define({
    spends: "update",
    parameters: z.strictObject({
      entity_type: z.enum(["project", "requirement", "test"]),
      entity_ids: z.array(z.uuid()).min(1).max(500),
      new_status: z.string().min(1).max(50),
    }),
    async run({ entity_type, entity_ids, new_status }, steps, context) {
      const updated: string[] = [];
      for (const id of entity_ids) {
        const row = await steps.run(`update ${id}`, async (sql) => {
          const before = await readRow(sql, ENTITIES[entity_type], id);
          if (before["is_deleted"] === true) throw notFound(entity_type);
          return updateRecord(
            sql,
            ENTITIES[entity_type],
            id,
            { status: new_status },
            undefined,
            actorOf(context),
          );
        });
        if (row) updated.push(row.id);
      }
      return { updated_ids: updated };
    },
  }),

  organization_onboarding: define({
    spends: "create",
    parameters: z.strictObject({
      name: z.string().min(2).max(255),
      slug: z.string().min(1).max(255).optional(),
      type: z.enum(["personal", "team", "enterprise"]).optional(),
      description: z.string().max(20_000).optional(),
      create_starter_project: z.boolean().default(true),
    }),
    async run({ create_starter_project, ...data }, steps, context) {
      const organization = await steps.run("create_organization", (sql) =>
        createRecord(sql, ENTITIES.organization, data, actorOf(context)),
      );
      const project = !create_starter_project
        ? undefined
        : await steps.run("create_project", async (sql) => {
            if (!organization) throw needs("the organization");
            const starter = { name: "Getting Started", organization_id: organization.id };
            return createRecord(sql, ENTITIES.project, starter, actorOf(context));
          });
      await steps.run("set_context", async (sql) => {
        if (!organization) throw needs("the organization");
        await enter(sql, context.user, { organization: organization.id, project: project?.id });
        return undefined;
      });
      return { organization_id: organization?.id ?? null, project_id: project?.id ?? null };
    },
  }),
} as const satisfies Record<string, Workflow>;

const NAMES = Object.keys(WORKFLOWS) as [keyof typeof WORKFLOWS, ...(keyof typeof WORKFLOWS)[]];

const Input = z.strictObject({
  workflow: z.enum(NAMES),
  parameters: z.record(z.string(), z.json()).default({}).describe("see atoms://reference/workflows"),
  transaction_mode: z.boolean().default(true).describe("true: the first failure undoes everything"),
  format_type: formatType,
});

export const workflowTool = defineTool({
  name: "workflow_tool",
  title: "Workflows",
  description:
    "Does several steps at once: sets up a project or an organization, imports requirements, makes missing tests, or changes many statuses.",
  input: Input,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  operation: (input) => input.workflow,
  async run(input, context): Promise<Outcome> {
    const workflow: Workflow = WORKFLOWS[input.workflow];
    const read = workflow.parameters.safeParse(input.parameters);
    if (!read.success) {
      const details = read.error.issues.map((issue) => ({
        field: `parameters.${issue.path.join(".")}`,
        issue: issue.message,
      }));
      throw new Refusal("VALIDATION_ERROR", details.map((d) => `${d.field}: ${d.issue}`).join("; "), {
        details,
      });
    }
    await context.spend(workflow.spends);
    const { ids, steps, failure } = await runWorkflow(input.transaction_mode, context.transaction, (run) =>
      workflow.run(read.data, run, context),
    );
    const data = {
      workflow: input.workflow,
      steps,
      steps_completed: steps.filter(({ status }) => status === "success").length,
      steps_failed: steps.filter(({ status }) => status === "failed").length,
      ...ids,
    };
    return failure ? { success: false, data, failure } : { data };
  },
});
