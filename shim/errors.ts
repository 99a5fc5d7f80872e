/** Errors of this room and of the host, as the ttrpc codes containerd understands. */
// Not by `ttrpc/mod.ts`: what speaks it is loaded after the pod's host was started.
import { Code, TtrpcError } from "../proto/ttrpc/status.ts";
import { type ErrorCode, HostRequestError } from "../runtime/mod.ts";

const CODES: Record<ErrorCode, number> = {
  invalid: Code.InvalidArgument,
  notFound: Code.NotFound,
  exists: Code.AlreadyExists,
  precondition: Code.FailedPrecondition,
  unimplemented: Code.Unimplemented,
  unavailable: Code.Unavailable,
  internal: Code.Internal,
};

/** A failure whose kind the caller shall see. */
export function failure(code: ErrorCode, message: string): TtrpcError {
  return new TtrpcError(CODES[code], message);
}

/**
 * Any thrown value as what containerd is told. A TypeError of ours means input that is not what it should be; Deno's
 * own errors are what the machine answered.
 */
export function toTtrpc(error: unknown): TtrpcError {
  if (error instanceof TtrpcError) return error;
  if (error instanceof HostRequestError) {
    return failure(error.code, error.message);
  }
  if (error instanceof TypeError) {
    return failure("invalid", error.message);
  }
  return failure(
    "internal",
    error instanceof Error ? error.message : String(error),
  );
}
