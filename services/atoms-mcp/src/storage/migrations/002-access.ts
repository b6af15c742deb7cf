/** A look-up that row-level policies may use: runs with the owner's rights, so that policies do not recurse. */
const lookup = (signature: string, returns: string, body: string) => [
  `create function ${signature} returns ${returns} language sql stable security definer
     set search_path = public, pg_temp as $$ ${body} $$`,
  `revoke all on function ${signature.replace(/(\w+) (\w+)(?=[,)])/g, "$2")} from public`,
  `grant execute on function ${signature.replace(/(\w+) (\w+)(?=[,)])/g, "$2")} to authenticated`,
];

const policy = (table: string, verb: "select" | "insert" | "update" | "delete", condition: string) =>
  `create policy ${table}_${verb} on ${table} for ${verb} to authenticated ${
    verb === "insert"
      ? `with check (${condition})`
      : verb === "update"
        ? `using (${condition}) with check (${condition})`
        : `using (${condition})`
  }`;

/** Changing a live row needs `change`; making it deleted, or live again, needs `remove` as well. */
const guarded = (table: string, rules: { see: string; create: string; change: string; remove: string }) => [
  policy(table, "select", rules.see),
  policy(table, "insert", rules.create),
  policy(table, "update", `(not is_deleted and (${rules.change})) or (is_deleted and (${rules.remove}))`),
  policy(table, "delete", rules.remove),
];

const userTables = [
  "profiles",
  "organizations",
  "organization_members",
  "projects",
  "project_members",
  "documents",
  "blocks",
  "requirements",
  "test_req",
  "properties",
  "organization_invitations",
  "assignments",
  "trace_links",
  "requirement_tests",
  "workspace_contexts",
];
const ownTables = ["service_flags", "redeemed_codes", "schema_migrations"];

const orgAdmin = (id: string) => `atoms_org_role(${id}) in ('admin', 'owner')`;
const orgOwner = (id: string) => `atoms_org_role(${id}) = 'owner'`;
const ofProject = (id: string) => ({
  see: `atoms_sees_project(${id})`,
  edit: `atoms_edits_project(${id})`,
  admin: `atoms_project_role(${id}) in ('admin', 'owner')`,
  owner: `atoms_project_role(${id}) = 'owner'`,
});

const membership = (table: string, container: string, role: string, unowned: string) =>
  guarded(table, {
    see: `user_id = atoms_me() or ${role}(${container}) is not null`,
    create: `(${role}(${container}) = 'owner')
             or (${role}(${container}) = 'admin' and role <> 'owner')
             or (user_id = atoms_me() and role = 'owner' and ${unowned}(${container}))`,
    change: `${role}(${container}) = 'owner' or (${role}(${container}) = 'admin' and role <> 'owner')`,
    remove: `${role}(${container}) = 'owner' or (${role}(${container}) = 'admin' and role <> 'owner')
             or user_id = atoms_me()`,
  }).map((statement) =>
    // Leaving: the old row is live and one's own, the new one deleted and one's own.
    statement.startsWith(`create policy ${table}_update`)
      ? statement.replace("using (", "using ((not is_deleted and user_id = atoms_me()) or ")
      : statement,
  );

const document = ofProject("project_id");
const inDocument = ofProject("atoms_project_of('document', document_id)");
const coverage = ofProject("atoms_project_of('requirement', requirement_id)");
const linkSource = ofProject("atoms_project_of(source_type, source_id)");
const assigned = ofProject("atoms_project_of(entity_type, entity_id)");
const property = `${orgAdmin("organization_id")}
  or (scope = 'project' and atoms_org_of(project_id) = organization_id and atoms_edits_project(project_id))
  or (scope = 'document' and atoms_org_of(atoms_project_of('document', document_id)) = organization_id
      and atoms_edits_project(atoms_project_of('document', document_id)))`;

const both = (write: string, target: string) => `${write} and ${target}`;

/** Row-level security: who may see and change what, whatever the application asks for. */
export const access: readonly string[] = [
  `do $$ begin create role authenticated nologin;
   exception when duplicate_object or unique_violation then null; end $$`,
  `do $$ begin
     if not pg_has_role(current_user, 'authenticated', 'member') then
       execute format('grant authenticated to %I', current_user);
     end if;
   end $$`,
  "grant usage on schema public to authenticated",
  ...[...userTables, ...ownTables].map((table) => `alter table ${table} enable row level security`),
  ...userTables.map((table) => `grant select, insert, update, delete on ${table} to authenticated`),
  // The token's subject is never readable, and only what describes a person can be changed by that person.
  "revoke all on profiles from authenticated",
  `grant select (id, created_at, updated_at, created_by, updated_by, is_deleted, deleted_at, deleted_by, version, email,
     full_name, avatar_url, job_title, status, personal_organization_id, preferences) on profiles to authenticated`,
  `grant update (full_name, avatar_url, job_title, preferences, updated_at, updated_by, version) on profiles
     to authenticated`,

  ...lookup(
    "atoms_me()",
    "uuid",
    `select id from profiles
     where external_id = nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub' and not is_deleted`,
  ),
  ...lookup(
    "atoms_org_role(org uuid)",
    "text",
    `select role from organization_members
     where organization_id = org and user_id = atoms_me() and status = 'active' and not is_deleted`,
  ),
  ...lookup(
    "atoms_project_role(project uuid)",
    "text",
    `select role from project_members
     where project_id = project and user_id = atoms_me() and status = 'active' and not is_deleted`,
  ),
  ...lookup("atoms_org_of(project uuid)", "uuid", "select organization_id from projects where id = project"),
  ...lookup(
    "atoms_sees_project(project uuid)",
    "boolean",
    `select exists (select 1 from projects p where p.id = project and (
       p.visibility = 'public' or atoms_project_role(p.id) is not null
       or (p.visibility <> 'private' and atoms_org_role(p.organization_id) is not null)))`,
  ),
  ...lookup(
    "atoms_edits_project(project uuid)",
    "boolean",
    `select coalesce(atoms_project_role(project) in ('editor', 'maintainer', 'admin', 'owner'), false)
       or coalesce(${orgAdmin("atoms_org_of(project)")}, false)`,
  ),
  ...lookup(
    "atoms_project_of(kind text, id uuid)",
    "uuid",
    `select case kind
       when 'project' then $2
       when 'document' then (select d.project_id from documents d where d.id = $2)
       when 'test' then (select t.project_id from test_req t where t.id = $2)
       when 'requirement' then (select d.project_id from requirements r join documents d on d.id = r.document_id where r.id = $2)
       when 'block' then (select d.project_id from blocks b join documents d on d.id = b.document_id where b.id = $2)
     end`,
  ),
  // A container without any membership yet, made by the caller: its first member may be the caller, as owner.
  ...lookup(
    "atoms_new_organization(org uuid)",
    "boolean",
    `select exists (select 1 from organizations o where o.id = org and o.created_by = atoms_me())
       and not exists (select 1 from organization_members m where m.organization_id = org)`,
  ),
  ...lookup(
    "atoms_new_project(project uuid)",
    "boolean",
    `select exists (select 1 from projects p where p.id = project and p.created_by = atoms_me())
       and not exists (select 1 from project_members m where m.project_id = project)`,
  ),

  policy("profiles", "select", "true"),
  policy("profiles", "update", "id = atoms_me()"),

  ...guarded("organizations", {
    see: "atoms_org_role(id) is not null",
    create: "created_by = atoms_me()",
    change: orgAdmin("id"),
    remove: orgOwner("id"),
  }),
  ...guarded("projects", {
    see: "atoms_sees_project(id)",
    create: "created_by = atoms_me() and atoms_org_role(organization_id) is not null",
    change: `atoms_project_role(id) in ('admin', 'owner') or ${orgAdmin("organization_id")}`,
    remove: `atoms_project_role(id) = 'owner' or ${orgOwner("organization_id")}`,
  }),
  ...guarded("documents", {
    see: document.see,
    create: document.edit,
    change: document.edit,
    remove: document.admin,
  }),
  ...guarded("test_req", {
    see: document.see,
    create: document.edit,
    change: document.edit,
    remove: document.admin,
  }),
  ...["blocks", "requirements"].flatMap((table) =>
    guarded(table, {
      see: inDocument.see,
      create: inDocument.edit,
      change: inDocument.edit,
      remove: inDocument.edit,
    }),
  ),
  ...guarded("properties", {
    see: "atoms_org_role(organization_id) is not null",
    create: property,
    change: property,
    remove: property,
  }),
  ...membership("organization_members", "organization_id", "atoms_org_role", "atoms_new_organization"),
  ...membership("project_members", "project_id", "atoms_project_role", "atoms_new_project"),
  ...guarded("organization_invitations", {
    see: orgAdmin("organization_id"),
    create: orgAdmin("organization_id"),
    change: orgAdmin("organization_id"),
    remove: orgAdmin("organization_id"),
  }),
  ...(() => {
    const target = "atoms_sees_project(atoms_project_of(target_type, target_id))";
    const write = both(linkSource.edit, target);
    return guarded("trace_links", {
      see: both(linkSource.see, target),
      create: write,
      change: write,
      remove: write,
    });
  })(),
  ...(() => {
    const target = "atoms_sees_project(atoms_project_of('test', test_id))";
    const write = both(coverage.edit, target);
    return guarded("requirement_tests", {
      see: both(coverage.see, target),
      create: write,
      change: write,
      remove: write,
    });
  })(),
  ...guarded("assignments", {
    see: assigned.see,
    create: assigned.edit,
    change: assigned.edit,
    remove: assigned.edit,
  }),
  "create policy workspace_contexts_own on workspace_contexts to authenticated using (user_id = atoms_me()) with check (user_id = atoms_me())",

  ...keepAnOwner("organization_members", "organizations", "organization_id"),
  ...keepAnOwner("project_members", "projects", "project_id"),
  ...cascades(),
];

/** Refuses the change that would leave a live container without an owner; the container's row is locked meanwhile. */
function keepAnOwner(table: string, container: string, key: string): string[] {
  return [
    `create function ${table}_keep_an_owner() returns trigger language plpgsql security definer
       set search_path = public, pg_temp as $$
     begin
       if old.role <> 'owner' or old.status <> 'active' or old.is_deleted then return coalesce(new, old); end if;
       if tg_op = 'UPDATE' and new.role = 'owner' and new.status = 'active' and not new.is_deleted then return new; end if;
       perform 1 from ${container} where id = old.${key} and not is_deleted for update;
       if not found then return coalesce(new, old); end if;
       if not exists (select 1 from ${table} where ${key} = old.${key} and id <> old.id
                      and role = 'owner' and status = 'active' and not is_deleted) then
         raise exception 'the last owner cannot leave or be demoted' using errcode = 'AT001';
       end if;
       return coalesce(new, old);
     end $$`,
    `create trigger keep_an_owner before update or delete on ${table}
       for each row execute function ${table}_keep_an_owner()`,
  ];
}

/**
 * Soft delete and restore take the children along, also those the caller cannot see (a private project inside an
 * organization). The caller must first have changed the parent's own row, which the policies above allow or refuse.
 */
function cascades(): string[] {
  const below = (kind: string, root: string) => `
      if ${kind} = 'organization' then
        return query select 'projects', p.id from projects p where p.organization_id = ${root};
      end if;
      if ${kind} in ('organization', 'project') then
        return query select 'documents', d.id from documents d join projects p on p.id = d.project_id
          where p.id = ${root} or (${kind} = 'organization' and p.organization_id = ${root});
        return query select 'test_req', t.id from test_req t join projects p on p.id = t.project_id
          where p.id = ${root} or (${kind} = 'organization' and p.organization_id = ${root});
      end if;
      if ${kind} in ('organization', 'project', 'document') then
        return query select 'requirements', r.id from requirements r join documents d on d.id = r.document_id
          join projects p on p.id = d.project_id
          where d.id = ${root} or p.id = ${root} or (${kind} = 'organization' and p.organization_id = ${root});
        return query select 'blocks', b.id from blocks b join documents d on d.id = b.document_id
          join projects p on p.id = d.project_id
          where d.id = ${root} or p.id = ${root} or (${kind} = 'organization' and p.organization_id = ${root});
      end if;`;
  const root = (condition: string) => `
      execute format('select deleted_at from %I where id = $1 and ${condition}',
        case kind when 'organization' then 'organizations' when 'project' then 'projects' else 'documents' end)
        into found_at using root, atoms_me();`;
  return [
    `create function atoms_below(kind text, root uuid) returns table (of_table text, row_id uuid) language plpgsql stable
       security definer set search_path = public, pg_temp as $$ begin ${below("kind", "root")} end $$`,
    "revoke all on function atoms_below(text, uuid) from public",
    `create function atoms_delete_below(kind text, root uuid) returns void language plpgsql security definer
       set search_path = public, pg_temp as $$
     declare found_at timestamptz; child record;
     begin ${root("is_deleted and deleted_by = $2")}
       if found_at is null then raise exception 'not yours to delete' using errcode = '42501'; end if;
       for child in select * from atoms_below(kind, root) loop
         execute format('update %I set is_deleted = true, deleted_at = $1, deleted_by = $2 where id = $3 and not is_deleted',
           child.of_table) using found_at, atoms_me(), child.row_id;
       end loop;
     end $$`,
    `create function atoms_restore_below(kind text, root uuid, at timestamptz) returns void language plpgsql security definer
       set search_path = public, pg_temp as $$
     declare live boolean; child record;
     begin
       execute format('select true from %I where id = $1 and not is_deleted and updated_by = $2',
         case kind when 'organization' then 'organizations' when 'project' then 'projects' else 'documents' end)
         into live using root, atoms_me();
       if live is null then raise exception 'not yours to restore' using errcode = '42501'; end if;
       for child in select * from atoms_below(kind, root) loop
         execute format('update %I set is_deleted = false, deleted_at = null, deleted_by = null where id = $1 and is_deleted and deleted_at = $2',
           child.of_table) using child.row_id, at;
       end loop;
     end $$`,
    "revoke all on function atoms_delete_below(text, uuid) from public",
    "revoke all on function atoms_restore_below(text, uuid, timestamptz) from public",
    "grant execute on function atoms_delete_below(text, uuid) to authenticated",
    "grant execute on function atoms_restore_below(text, uuid, timestamptz) to authenticated",
  ];
}
