/**
 * How an end-to-end test is registered: it runs where it can, and where it cannot it is skipped under a name that
 * says why. `tools/test.ts` counts the skipped ones and, under `CI=true`, takes each as a failure.
 */
import { whyNot } from "../../../tools/packages.ts";

const reason = await whyNot();

/** Whether end-to-end tests can run here. */
export const canRun = reason === "";

/** Registers one test. Resources live as long as the file's containerd, so Deno's leak checks do not apply. */
export function scenario(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: canRun ? name : `${name} [skipped: ${reason}]`,
    ignore: !canRun,
    sanitizeOps: false,
    sanitizeResources: false,
    fn,
  });
}
