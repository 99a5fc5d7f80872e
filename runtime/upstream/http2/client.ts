/**
 * Requests to one endpoint over one HTTP/2 connection, by Deno's own `node:http2`. It brings Deno's Node layer with it
 * (15 ms, some MB), so it is loaded when the first such request is made.
 */
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  OutgoingHttpHeaders,
} from "node:http2";
import { endAfterReading } from "../../http/http2_session.ts";
import type { ClusterConfig } from "../cluster_config.ts";
import { connectFailure } from "../connect.ts";
import { DeferredRequest } from "../deferred.ts";
import { packEnds } from "../ends.ts";
import { Failure } from "../failure.ts";
import type { RequestHead } from "../fields.ts";
import type { RequestStream, ResponseSink } from "../stream.ts";
import { type Endpoint, showEndpoint } from "../target.ts";
import { Http2Exchange } from "./exchange.ts";

export class Http2Client {
  readonly #endpoint: Endpoint;
  readonly #config: ClusterConfig;
  #session: Promise<ClientHttp2Session> | undefined;
  #closed = false;

  constructor(endpoint: Endpoint, config: ClusterConfig) {
    this.#endpoint = endpoint;
    this.#config = config;
  }

  /** As `Http1Client.start`. */
  start(head: RequestHead, end: boolean, sink: ResponseSink): RequestStream {
    return new DeferredRequest(async (cancelled) => {
      const session = await (this.#session ??= this.#open());
      if (!cancelled()) return this.#startOn(session, head, end, sink);
    }, sink);
  }

  close(): void {
    this.#closed = true;
    this.#session?.then((session) => session.destroy(), () => {});
    this.#session = undefined;
  }

  #startOn(
    session: ClientHttp2Session,
    head: RequestHead,
    end: boolean,
    sink: ResponseSink,
  ): RequestStream {
    const fields = [
      [":method", head.method],
      [":path", head.path],
      [":scheme", this.#config.tls ? "https" : head.scheme],
      [":authority", head.authority],
      ...head.fields,
    ];
    let stream: ClientHttp2Stream;
    try {
      // Names and values by turns keep order and duplicates; the types do not know of it yet.
      stream = session.request(
        fields.flat() as unknown as OutgoingHttpHeaders,
        // Only a stream that waits for trailers may have them.
        { endStream: end, waitForTrailers: !end },
      );
    } catch (error) {
      throw new Failure("request", (error as Error).message);
    }
    const ends = endsOf(session);
    if (ends !== undefined) sink.connection?.(ends);
    return new Http2Exchange(stream, sink);
  }

  async #open(): Promise<ClientHttp2Session> {
    try {
      const session = await this.#connect();
      const forget = () => {
        if (this.#session === opened) this.#session = undefined;
      };
      const opened = this.#session;
      session.on("goaway", forget);
      session.on("close", forget);
      if (this.#closed) {
        session.destroy();
        throw new Failure("terminated", "the host is stopping");
      }
      return session;
    } catch (error) {
      this.#session = undefined;
      throw error;
    }
  }

  async #connect(): Promise<ClientHttp2Session> {
    const { connect } = await import("node:http2");
    const { tls, connectTimeout } = this.#config;
    const address = showEndpoint(this.#endpoint);
    const session = connect(`${tls ? "https" : "http"}://${address}`, {
      ...tls?.caCerts && { ca: [...tls.caCerts] },
    });
    endAfterReading(session);
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        session.destroy();
        reject(
          new Failure(
            "connect timeout",
            `${address}: no connection within ${connectTimeout} ms`,
          ),
        );
      }, connectTimeout);
      session.once("connect", () => {
        clearTimeout(timer);
        resolve(session);
      });
      // Stays: a session's later errors reach its streams, and unheard they would end the process.
      session.on("error", (error: Error) => {
        clearTimeout(timer);
        reject(connectFailure(this.#endpoint, error));
      });
    });
  }
}

function endsOf({ socket }: ClientHttp2Session): string | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket ?? {};
  if (!remoteAddress || !remotePort || !localAddress || !localPort) {
    return undefined;
  }
  return packEnds(
    { hostname: remoteAddress, port: remotePort },
    { hostname: localAddress, port: localPort },
  );
}
