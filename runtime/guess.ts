/** What can be said of a pod before its files are read. Light, since the shim loads it: see `mod.ts`. */

/** Defaults of the settings `http-address` and `http-port`, without the table that has them. */
const ADDRESS = "0.0.0.0";
const PORT = "2045";

/**
 * Where a pod's function will probably listen, `host:port`: by the environment of its first container, as far as that
 * is known, else by the pod's annotations (their prefix removed), else by default. A file may say otherwise.
 */
export function guessAddress(
  env: readonly string[],
  annotations: Readonly<Record<string, string>>,
): string {
  const said = (name: string) =>
    env.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
  const address = said("LAYOTTO_HTTP_ADDRESS") ?? annotations["http-address"];
  const port = said("LAYOTTO_HTTP_PORT") ?? annotations["http-port"];
  return `${address ?? ADDRESS}:${port ?? PORT}`;
}
