/** All of `abi` that the runtime uses: describing a module, running it as a plugin or as a command. */
export * from "./host.ts";
export {
  type CommandOptions,
  CommandStartError,
  runCommand,
} from "./command.ts";
export {
  inspectModule,
  missingImports,
  type ModuleInfo,
  UnknownImportError,
} from "./module.ts";
export type { AbiVersion } from "./outline.ts";
export { PluginInstance } from "./plugin.ts";
export { PluginStartError } from "./start_error.ts";
export { encodePairs, type Pair } from "./proxywasm/pairs.ts";
export {
  BUCKET_BOUNDS,
  createSharedServices,
  type Metric,
  type Registrant,
  type SharedServices,
  sharedServices,
  SharedStore,
} from "./proxywasm/shared/mod.ts";
export { headOf, isGrpc, localReply, sendable } from "./proxywasm/answer.ts";
export {
  envoyFields,
  type LocalResponse,
  type RootContext,
} from "./proxywasm/contexts.ts";
export { HeaderMap } from "./proxywasm/header_map.ts";
export type { HttpStream, HttpStreamOwner } from "./proxywasm/http_stream.ts";
export type { StreamSink } from "./proxywasm/stream_sink.ts";
export {
  Peer,
  type TcpStream,
  type TcpStreamOwner,
} from "./proxywasm/tcp_stream.ts";
export type { PluginHooks } from "./proxywasm/vm.ts";
