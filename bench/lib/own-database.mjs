import pg from "pg";

/**
 * Makes a database on a server. It goes with the server, which the benchmark has started for itself.
 * @param {string} url A superuser's address.
 * @param {string} name
 * @returns {Promise<string>} Its address.
 */
export async function ownDatabase(url, name) {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
