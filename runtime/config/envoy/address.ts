/** Addresses and metadata, as several messages have them. */
import type { Fields } from "./fields.ts";
import type { Address, Metadata } from "./model.ts";
import { isIp } from "./scalars.ts";

/** `envoy.config.core.v3.Address`; undefined after a problem. @param names whether host names may stand there. */
export function readAddress(
  fields: Fields,
  names = false,
): Address | undefined {
  if (fields.exactlyOne(["socket_address"]) === undefined) return undefined;
  return fields.message("socket_address", (socket) => {
    socket.choice("protocol", { TCP: 0 });
    socket.only("ipv4_compat", false);
    const host = socket.required("address");
    const port = socket.whole("port_value", 0, 65535);
    if (!socket.has("port_value")) {
      socket.check.expected(
        socket.at("port_value"),
        undefined,
        "a port, 0 to 65535",
      );
    }
    if (host === "" || port === undefined) return undefined;
    if (!names && !isIp(host)) {
      socket.check.expected(socket.at("address"), host, "an IP address");
    }
    return { host, port };
  });
}

/** `envoy.config.core.v3.Metadata`: its `filter_metadata`. */
export function readMetadata(fields: Fields): Metadata {
  const value = fields.raw("metadata");
  if (value === undefined) return {};
  return fields.message("metadata", (metadata) => {
    const path = metadata.at("filter_metadata");
    const filters = metadata.check.object(
      metadata.raw("filter_metadata"),
      path,
    );
    return Object.fromEntries(
      Object.entries(filters).map(([name, value]) => [
        name,
        metadata.check.object(value ?? {}, `${path}.${name}`),
      ]),
    );
  }) ?? {};
}
