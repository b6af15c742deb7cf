/** The version of this package, used when ATOMS_VERSION is not set; a test compares it with package.json. */
export const PACKAGE_VERSION = "0.1.0";
