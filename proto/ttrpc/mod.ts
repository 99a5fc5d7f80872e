/**
 * ttrpc, the small RPC that containerd and its shims speak: a server, a client
 * and the codecs below them. PROTOCOL.md describes the bytes.
 *
 * @module
 */

export type { CallContext } from "./call.ts";
export type { Duplex } from "./channel.ts";
export { type CallOptions, Client, type MethodInfo } from "./client.ts";
export type { Codec } from "./message.ts";
export { type Handler, type Method, type Services, unary } from "./method.ts";
export { type Acceptor, Server, type ServerOptions } from "./server.ts";
export { ClosedError, Code, TtrpcError } from "./status.ts";
