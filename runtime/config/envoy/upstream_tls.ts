/** `envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext`, as far as a client without a certificate needs it. */
import { readExtension } from "./any.ts";
import type { EnvoyOptions } from "./context.ts";
import type { Fields } from "./fields.ts";
import type { UpstreamTls } from "./model.ts";
import { readBytes } from "./sources.ts";

/** Bytes of a file of certificates. */
const MAX_CERTIFICATES = 4 * 1024 * 1024;

/** The TLS of a cluster's transport socket; undefined where it is the plain one, or after a problem. */
export function readUpstreamTls(
  fields: Fields,
  options: EnvoyOptions,
): UpstreamTls | undefined {
  fields.required("name");
  return readExtension<UpstreamTls | undefined>(fields, {
    "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext": (
      context,
    ) => readContext(context, options),
    "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer": () =>
      undefined,
  });
}

function readContext(fields: Fields, options: EnvoyOptions): UpstreamTls {
  const sni = fields.text("sni");
  const common = fields.message("common_tls_context", (common) => {
    const alpn = common.texts("alpn_protocols");
    const validation = common.message(
      "validation_context",
      (validation) => ({
        trustedCa: validation.message(
          "trusted_ca",
          (ca) => readBytes(ca, options, MAX_CERTIFICATES),
        ),
        systemRoots: validation.message("system_root_certs", () => true),
      }),
    );
    return { alpn, ...validation };
  });
  const { alpn = [], trustedCa, systemRoots = false } = common ?? {};
  return { sni, alpn, trustedCa, systemRoots };
}
