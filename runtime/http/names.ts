/** Names of fields as they come: those that everybody sends are not made into new texts each time. */
import { isToken } from "../../abi/field.ts";

const COMMON = [
  ...["host", "user-agent", "accept", "accept-encoding", "accept-language"],
  ...["connection", "content-length", "content-type", "content-encoding"],
  ...["transfer-encoding", "te", "trailer", "upgrade", "expect", "date"],
  ...["cache-control", "pragma", "cookie", "set-cookie", "authorization"],
  ...["origin", "referer", "range", "if-none-match", "if-modified-since"],
  ...["etag", "last-modified", "location", "vary", "server", "age", "via"],
  ...["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-request-id"],
  ...["x-forwarded-host", "x-real-ip", "traceparent", "tracestate", "id"],
  ...["x-envoy-upstream-service-time", "x-b3-traceid", "x-b3-spanid"],
];

const KNOWN = new Map<string, string>();
for (const name of COMMON) {
  KNOWN.set(name, name);
  KNOWN.set(
    name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()),
    name,
  );
}

/** The name in lower case, or undefined where it is none. */
export function nameOf(written: string): string | undefined {
  return KNOWN.get(written) ??
    (isToken(written) ? written.toLowerCase() : undefined);
}
