/** `layotto inspect`: what a module is, or where each setting comes from. Nothing of a guest is run. */
import { UsageError } from "./usage.ts";

/** @returns 0; whatever is wrong is thrown. */
export async function inspect(args: readonly string[]): Promise<number> {
  const at = args.findIndex((arg) =>
    arg === "-c" || arg === "--config" || arg.startsWith("--config=")
  );
  if (at >= 0) {
    const { describeSettings } = await import("./inspect/settings.ts");
    console.log(await describeSettings(args, at));
    return 0;
  }
  const [path, another] = args;
  if (path === undefined || another !== undefined || path.startsWith("-")) {
    throw new UsageError(
      `found ${
        args.length === 0 ? "nothing" : args.join(" ")
      }, expected one module, or --config`,
    );
  }
  const { describeModule } = await import("./inspect/module.ts");
  console.log(await describeModule(path));
  return 0;
}
