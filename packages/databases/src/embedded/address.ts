import { addressMistaken, isWholeEmbeddedAddress } from "@atoms/playbook";
import { shownAddress } from "../address.js";

const scratchScheme = "pglite+scratch:";

/** Where a service answers with its database, and what opens it. */
export type EmbeddedPlace = {
  /** The address of its requests; holds no secret. */
  url: URL;
  token: string;
  /** Host, port and path, to be shown. */
  where: string;
};

/** Reads an address such as `pglite+https://:token@host/path`. @throws ATM-247. */
export function placeOf(address: string): EmbeddedPlace {
  if (!isWholeEmbeddedAddress(address)) throw addressMistaken({ given: shownAddress(address) });
  const url = new URL(address.slice("pglite+".length));
  const token = decodeURIComponent(url.password);
  url.password = "";
  return { url, token, where: shownAddress(address) };
}

/** The address of a scratch database, which this process alone has in memory. */
export const scratchAddress = (name: string): string => `${scratchScheme}//memory/${name}`;

/** Whether this is the address of a scratch database. */
export const isScratch = (address: string): boolean => address.startsWith(scratchScheme);
