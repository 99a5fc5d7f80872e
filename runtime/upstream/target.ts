/** How a configuration names the other end of a connection: `http://host:port`, `https://…`, `tcp://…` or `host:port`. */

/** One address that can be connected to. */
export interface Endpoint {
  /** An IP address, without brackets, or a name (`addresses.ts` has what it stands for). */
  readonly host: string;
  readonly port: number;
}

/** What is spoken to it. */
export type Scheme = "http" | "https" | "tcp";

/** A parsed address. */
export interface Target {
  readonly scheme: Scheme;
  readonly endpoint: Endpoint;
}

/** What a target looks like, in words, for errors. */
export const TARGET_EXPECTED =
  "http://host:port, https://host:port or tcp://host:port, without a path";

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** @returns undefined where `text` is no target. A text without a scheme, `host:port`, is HTTP and needs its port. */
export function parseTarget(text: string): Target | undefined {
  const match =
    /^(?:(http|https|tcp):\/\/)?(\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z_][0-9A-Za-z_.-]{0,252})(?::([0-9]{1,5}))?\/?$/
      .exec(text);
  if (!match) return undefined;
  const [, found, name = "", digits] = match;
  const scheme = (found ?? "http") as Scheme;
  const fallback = found === undefined || scheme === "tcp"
    ? undefined
    : DEFAULT_PORTS[scheme as "http" | "https"];
  const port = digits === undefined ? fallback : Number(digits);
  if (port === undefined || port < 1 || port > 65535) return undefined;
  if (name.startsWith("[") && !URL.canParse(`http://${name}`)) return undefined;
  const host = name.startsWith("[") ? name.slice(1, -1) : name;
  return { scheme, endpoint: { host, port } };
}

/** An endpoint as people write it: `host:port`, `[::1]:80`. */
export function showEndpoint({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
