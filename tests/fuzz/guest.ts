/** A guest whose calls are an input's choices: what is in its memory, where it is called back, and what it passes. */
import { TcpContext } from "../../abi/proxywasm/contexts.ts";
import { ByteBuffer } from "../../abi/proxywasm/buffer.ts";
import type { CallbackName } from "../../abi/proxywasm/callbacks.ts";
import { HeaderMap } from "../../abi/proxywasm/header_map.ts";
import { encodePairs } from "../../abi/proxywasm/pairs.ts";
import { compress } from "../../abi/proxywasm/foreign/zlib.ts";
import type { GuestCalls, GuestRequest } from "../../abi/host.ts";
import { bytes } from "../abi/guests.ts";
import {
  Allocation,
  type Argument,
  PluginProbe,
  type ProbeSettings,
} from "../abi/probe.ts";
import type { Choices } from "./engine/choices.ts";
import { LAST } from "./host_call_shapes.ts";

/** What calls read, by the letters of `host_call_shapes.ts`. */
const THINGS: Record<string, readonly Uint8Array[]> = {
  H: ["x-one", ":path", ":status", "content-length", "X-New"].map(bytes),
  P: [
    ...["request\0path", "request\0headers\0x-one", "response\0code\0"],
    ...["request\0duration", "connection\0id", "node\0metadata\0list\x000"],
    ...["node\0id", "constructor", "source\0address", "filter_state\0wasm.q"],
    ...["q", "request\0headers", "plugin_root_id", "filter_state\0q"],
  ].map(bytes),
  Q: ["q", "r"].map(bytes),
  U: [bytes("web"), Uint8Array.of(10, 5, 10, 3, 0x77, 0x65, 0x62)],
  M: [
    encodePairs([[":method", "GET"], [":path", "/"], [":authority", "web"]]),
    encodePairs([["x-Two", "2"], ["x-one", "\0\xff"]]),
    encodePairs([]),
  ],
  F: [
    ...["compress", "uncompress", "set_envoy_filter_state"],
    ...["clear_route_cache", "__proto__"],
  ].map(bytes),
  n: [
    bytes(""),
    compress(bytes("compressed compressed compressed")),
    // A filter state of "q" and "v".
    Uint8Array.of(10, 1, 0x71, 18, 1, 0x76),
    bytes("longer than a name but not long, and the same again ".repeat(6)),
  ],
};

/** Results go from here up, things from 0x400. */
const RESULTS = 0x100;
const THINGS_AT = 0x400;

/** Callbacks during which calls differ. */
const CALLBACKS: readonly CallbackName[] = [
  ...["proxy_on_vm_start", "proxy_on_configure", "proxy_on_tick"] as const,
  ...["proxy_on_request_headers", "proxy_on_response_body"] as const,
  ...["proxy_on_http_call_response", "proxy_on_log", "proxy_on_done"] as const,
  ...["proxy_on_downstream_data", "proxy_on_delete"] as const,
];

const NODE = {
  id: "node",
  cluster: "c",
  locality: { region: "r", zone: "z", subZone: "s" },
  metadata: { list: [1, { a: null }], text: "t", number: 1.5 },
};

const REQUEST: Partial<GuestRequest> = {
  headers: [["host", "example.org"], ["x-one", "1"], ["x-one", "\xff"]],
  body: bytes("the request's body"),
  bodyIsReal: true,
  facts: { source: { hostname: "::1", port: 7 }, connectionId: 9 },
};

/** Clusters are there, and say nothing. */
const CALLS: GuestCalls = {
  knows: (upstream) => upstream === "web",
  http: () => ({ cancel() {} }),
  grpc: () => ({ send() {}, cancel() {} }),
};

export class FuzzedGuest {
  readonly probe: PluginProbe;
  readonly #places: Record<string, [address: number, length: number][]> = {};

  constructor(choices: Choices, settings: ProbeSettings = {}) {
    const probe = this.probe = new PluginProbe({
      request: REQUEST,
      hooks: { maxBodyBytes: 2048, ...settings.hooks },
      options: {
        pluginConfiguration: bytes("configuration"),
        ...choices.below(2) && { node: NODE },
      },
      ...settings,
    });
    probe.host.calls = choices.below(4) > 0 ? CALLS : undefined;
    let at = THINGS_AT;
    const things = { ...THINGS, n: [...THINGS.n!, choices.take(64)] };
    for (const [letter, those] of Object.entries(things)) {
      const places = this.#places[letter] = [] as [number, number][];
      for (const thing of those) {
        places.push([at, probe.put(at, thing)]);
        at += thing.length + 1;
      }
    }
    this.#tcp();
    this.enter(choices);
    if (choices.below(4) === 0) probe.allocator = choices.below(8);
  }

  /** The allocator gives what it is asked for, as long as it has some. */
  get allocates(): boolean {
    const { normal, logs } = Allocation;
    const { allocator } = this.probe;
    return allocator === normal || allocator === logs;
  }

  /** Another callback begins: of an exchange in either direction, a connection, a root, or none. */
  enter(choices: Choices): void {
    const { vm, http } = this.probe;
    const contexts = [http, ...vm.contexts.values(), http, undefined];
    vm.enter(choices.of(CALLBACKS), choices.of(contexts));
    for (const side of [http.requestSide, http.responseSide]) {
      side.sent = choices.below(4) === 0;
      if (choices.below(4) === 0) side.body = undefined;
      if (choices.below(4) === 0) side.trailers = undefined;
    }
    vm.calls.received = choices.below(2) === 0
      ? { maps: {}, buffers: {}, status: 11, text: "reset" }
      : {
        maps: { 4: new HeaderMap(), 6: new HeaderMap([["a", "b"]]) },
        buffers: { 4: bytes("answer"), 5: bytes("message") },
        status: 0,
        text: "",
      };
  }

  #tcp(): void {
    const { vm, root } = this.probe;
    const nothing = () => {};
    const tcp = new TcpContext(3, root, {
      continueDownstream: nothing,
      continueUpstream: nothing,
      close: nothing,
    });
    tcp.downstream = new ByteBuffer(bytes("from the client"));
    vm.contexts.set(3, tcp);
  }

  /** Arguments of a call whose shape that is (`host_call_shapes.ts`). */
  arguments(args: string, choices: Choices): Argument[] {
    const values: Argument[] = [];
    let length = 0;
    for (const kind of args) {
      const places = this.#places[kind];
      if (places !== undefined) {
        const letter = choices.below(8) > 0 ? kind : choices.of([..."HPQUMFn"]);
        const [address, size] = choices.of(this.#places[letter]!);
        length = choices.below(12) > 0 ? size : choices.number();
        values.push(choices.below(12) > 0 ? address : choices.number());
      } else if (kind === "l") values.push(length);
      else if (kind === "W") values.push(this.#wide(choices));
      else values.push(this.#plain(kind, choices));
    }
    return values;
  }

  #plain(kind: string, choices: Choices): number {
    switch (kind) {
      case "o":
      case "O":
      case "p":
        return choices.below(12) > 0
          ? RESULTS + 8 * choices.below(16)
          : choices.number();
      case "c":
        return choices.below(4) > 0 ? choices.below(5) : choices.number();
      case "w":
        return choices.number();
      case "i":
        return choices.below(8) > 0 ? choices.below(12) : choices.number();
      default:
        return choices.below(12) > 0
          ? choices.below(LAST[kind]! + 2)
          : choices.number();
    }
  }

  #wide(choices: Choices): bigint {
    const high = choices.below(4) > 0 ? 0 : choices.number();
    return BigInt.asIntN(
      64,
      BigInt(high) << 32n | BigInt(choices.number()),
    );
  }
}
