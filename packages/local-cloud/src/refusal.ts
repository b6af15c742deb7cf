/** A change of production that is refused; nothing has changed. */
export class ProductionRefusal extends Error {
  override readonly name = "ProductionRefusal";

  constructor(
    message: string,
    readonly status: 400 | 403 | 404 | 409 | 422,
    readonly code: string,
  ) {
    super(message);
  }
}
