/**
 * The host's first steps: the isolate of its function boots on a thread of its own while the rest of the host is
 * loaded, which is why that is imported here and no sooner.
 */
import { Spares } from "../isolate/place.ts";

/**
 * @param address where the function will probably listen, `host:port`; a wrong guess costs the isolate made for it.
 */
export async function bootHost(address: string | undefined): Promise<void> {
  const spares = new Spares();
  if (address !== undefined) spares.prepare(address);
  const { runHost } = await import("./mod.ts");
  await runHost(spares);
}
