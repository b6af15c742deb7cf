/** The newest entries of an environment that has few, in a ledger that has millions of others. */
export const ledgerEnvironment = `
create index ledger_environment on atoms.ledger (environment, seq);
`;
