/** The last time slot of each job that was claimed, and by whom. */
export const slots = `
create table atoms.slot (
  name text primary key,
  slot double precision not null,
  worker text not null
);
`;
