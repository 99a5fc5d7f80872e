/**
 * Status codes and the error that carries one.
 *
 * @module
 */

/** The codes a reply may carry, numbered as in gRPC (SHIM.md §2). */
export const Code = {
  OK: 0,
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;

/** One of {@linkcode Code}. */
export type Code = typeof Code[keyof typeof Code];

/**
 * A call that failed with a status. A handler throws it to choose the code its
 * caller sees; a client's call rejects with it.
 */
export class TtrpcError extends Error {
  override name = "TtrpcError";
  /** One of {@linkcode Code}, or whatever number a peer sent. */
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The connection ended before the call was answered. */
export class ClosedError extends Error {
  override name = "ClosedError";
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Any thrown value as a status: what carries no code is `Unknown`. */
export function toTtrpcError(error: unknown): TtrpcError {
  if (error instanceof TtrpcError) return error;
  return new TtrpcError(Code.Unknown, messageOf(error), { cause: error });
}
