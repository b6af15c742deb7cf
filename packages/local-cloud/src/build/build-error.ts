/** A build that cannot go on, told to whoever deployed. */
export class BuildError extends Error {
  override readonly name = "BuildError";

  constructor(
    message: string,
    readonly step: "source" | "install" | "build" | "output",
    readonly code = "BUILD_FAILED",
  ) {
    super(message);
  }
}

/** The build was stopped on request. */
export class BuildCanceled extends Error {
  override readonly name = "BuildCanceled";
}
