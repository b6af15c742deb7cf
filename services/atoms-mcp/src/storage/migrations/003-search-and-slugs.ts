/** The words of a row that full-text ranking looks at. */
const words = (table: string, name: string, description: string) =>
  `create index ${table}_words on ${table} using gin
     (to_tsvector('english', coalesce(${name}, '') || ' ' || coalesce(${description}, '')))`;

/** Indexes for full-text ranking, free slugs, and removing a record for good. */
export const searchAndSlugs: readonly string[] = [
  words("organizations", "name", "description"),
  words("projects", "name", "description"),
  words("documents", "name", "description"),
  words("requirements", "name", "description"),
  words("test_req", "title", "description"),

  // Runs with the owner's rights: organization slugs are unique over rows the caller cannot see.
  `create function atoms_free_slug(kind text, parent uuid, base text) returns text language plpgsql stable
     security definer set search_path = public, pg_temp as $$
   declare candidate text := base; n int := 1; taken boolean;
   begin
     while n <= 10000 loop
       taken := case kind
         when 'organization' then exists (select 1 from organizations where slug = candidate and not is_deleted)
         when 'project' then exists (select 1 from projects
                                     where organization_id = parent and slug = candidate and not is_deleted)
         else exists (select 1 from documents where project_id = parent and slug = candidate and not is_deleted)
       end;
       if not taken then return candidate; end if;
       n := n + 1;
       candidate := rtrim(left(base, 99 - length(n::text)), '-') || '-' || n;
     end loop;
     raise exception 'no free slug' using errcode = '23505';
   end $$`,
  "revoke all on function atoms_free_slug(text, uuid, text) from public",
  "grant execute on function atoms_free_slug(text, uuid, text) to authenticated",

  // Removes a container with the deleted rows inside it, also those the caller cannot see; refuses while one is alive.
  `create function atoms_purge(kind text, root uuid) returns text language plpgsql security definer
     set search_path = public, pg_temp as $$
   declare owner boolean; project uuid; child record; gone uuid[]; alive boolean;
   begin
     project := case when kind = 'organization' then null else atoms_project_of(kind, root) end;
     owner := case when kind = 'organization' then atoms_org_role(root) = 'owner'
       else atoms_project_role(project) = 'owner' or atoms_org_role(atoms_org_of(project)) = 'owner' end;
     if owner is not true then raise exception 'owners only' using errcode = '42501'; end if;
     gone := array[root];
     for child in select * from atoms_below(kind, root) loop
       execute format('select not is_deleted from %I where id = $1', child.of_table) into alive using child.row_id;
       if alive then return 'has_children'; end if;
       gone := gone || child.row_id;
     end loop;
     delete from trace_links where source_id = any(gone) or target_id = any(gone);
     delete from assignments where entity_id = any(gone);
     delete from properties where organization_id = any(gone);
     delete from requirements where id = any(gone);
     delete from blocks where id = any(gone);
     delete from test_req where id = any(gone);
     delete from documents where id = any(gone);
     delete from projects where id = any(gone);
     delete from organizations where id = any(gone);
     return 'purged';
   end $$`,
  "revoke all on function atoms_purge(text, uuid) from public",
  "grant execute on function atoms_purge(text, uuid) to authenticated",
];
