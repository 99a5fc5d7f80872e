/** Failures in words. */
import { GuestTrap } from "../../../abi/host.ts";

/** A failure on one log line, with the guest's stack where there is one. */
export function describe(error: unknown): string {
  if (!(error instanceof GuestTrap)) return (error as Error).message;
  return `${error.callback}: ${error.message}; wasm stack: ${
    error.wasmStack.replaceAll("\n", " < ")
  }`;
}
