// A plugin for the AssemblyScript SDK. The first word of its configuration says what it does, the second one how.
export * from "@solo-io/proxy-runtime/proxy";
import {
  Context,
  BaseContext,
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  FilterTrailersStatusValues,
  HeaderPair,
  Headers,
  log,
  LogLevelValues,
  registerRootContext,
  RootContext,
  send_local_response,
  GrpcStatusValues,
  stream_context,
} from "@solo-io/proxy-runtime";
import {
  set_tick_period_milliseconds,
  get_buffer_bytes,
  get_property,
  BufferTypeValues,
} from "@solo-io/proxy-runtime/runtime";

function say(text: string): void {
  log(LogLevelValues.info, text);
}

function bytes(text: string): ArrayBuffer {
  return String.UTF8.encode(text);
}

function pair(key: string, value: string): HeaderPair {
  return new HeaderPair(bytes(key), bytes(value));
}

function request(path: string): Headers {
  return [
    pair(":method", "GET"),
    pair(":path", path),
    pair(":authority", "callee"),
  ];
}

function answer(status: u32, body: string, headers: Headers): void {
  send_local_response(
    status,
    "",
    bytes(body),
    headers,
    GrpcStatusValues.Unknown,
  );
}

class Root extends RootContext {
  behaviour: string = "";
  argument: string = "";

  onStart(size: usize): bool {
    if (size > 0) {
      const text = get_buffer_bytes(
        BufferTypeValues.VmConfiguration,
        0,
        size as u32,
      );
      say("vm configuration " + String.UTF8.decode(text));
    }
    return true;
  }

  onConfigure(size: u32): bool {
    // Not by the SDK's own onConfigure, which hands the host the size where the size's address belongs.
    const text = size == 0 ? "" : String.UTF8.decode(
      get_buffer_bytes(BufferTypeValues.PluginConfiguration, 0, size),
    );
    const words = text.split(" ");
    this.behaviour = words[0];
    if (words.length > 1) this.argument = words[1];
    say("plugin configuration " + text);
    if (this.behaviour == "tick") set_tick_period_milliseconds(100);
    return this.behaviour != "refuse";
  }

  onTick(): void {
    say("tick");
    set_tick_period_milliseconds(0);
    this.httpCall(
      "callee",
      request("/plain"),
      new ArrayBuffer(0),
      [],
      1000,
      this,
      (origin: BaseContext, headers: u32, size: usize, trailers: u32): void => {
        const status = stream_context.headers.http_callback.get(":status");
        say("called on tick, status " + status);
      },
    );
  }

  onDone(): bool {
    say("plugin done");
    return true;
  }

  createContext(id: u32): Context {
    return new Exchange(id, this);
  }
}

class Exchange extends Context {
  root: Root;

  constructor(id: u32, root: Root) {
    super(id, root);
    this.root = root;
  }

  // Says the callback if the plugin is to; whether a local answer was asked for in it.
  enter(callback: string, size: usize, end: bool): bool {
    const behaviour = this.root.behaviour;
    if (behaviour == "log") {
      say(callback + " " + size.toString() + " " + (end ? "true" : "false"));
    }
    if (behaviour != "local" || this.root.argument != callback) return false;
    answer(403, "denied", [pair("x-plugin", "assemblyscript")]);
    return true;
  }

  onRequestHeaders(n: u32, end: bool): FilterHeadersStatusValues {
    if (this.enter("request_headers", n, end)) {
      return FilterHeadersStatusValues.StopIteration;
    }
    const behaviour = this.root.behaviour;
    const headers = stream_context.headers.request;
    if (behaviour == "headers") {
      headers.add("x-plugin", "assemblyscript");
      headers.replace("x-one", "changed");
      headers.remove("x-two");
      const gone = headers.get("x-two") == "";
      say(
        "path " + headers.get(":path") + ", x-two is gone: " +
          (gone ? "true" : "false"),
      );
    } else if (behaviour == "auth") {
      this.root.httpCall(
        "callee",
        request(this.root.argument),
        new ArrayBuffer(0),
        [],
        1000,
        this,
        (origin: BaseContext, headers: u32, size: usize, trailers: u32): void => {
          if (stream_context.headers.http_callback.get(":status") == "200") {
            say("access granted");
            origin.continueRequest();
          } else {
            say("access forbidden");
            answer(403, "access forbidden", []);
          }
        },
      );
      return FilterHeadersStatusValues.StopIteration;
    } else if (behaviour == "properties") {
      const path = get_property("request\0path");
      say("request.path = " + String.UTF8.decode(path) + ", found: true");
    } else if (behaviour == "nothing") {
      const trailers = stream_context.trailers.request;
      say("header \"" + headers.get("x-empty") + "\"");
      say("trailers " + trailers.get_headers().length.toString());
      const body = get_buffer_bytes(BufferTypeValues.HttpRequestBody, 0, 100);
      say("body " + body.byteLength.toString());
      const name = get_property("plugin_root_id");
      say("property " + name.byteLength.toString());
    } else if (behaviour == "trap" && headers.get("x-trap") != "") {
      throw new Error("asked to trap");
    }
    return FilterHeadersStatusValues.Continue;
  }

  onRequestBody(size: usize, end: bool): FilterDataStatusValues {
    return this.enter("request_body", size, end)
      ? FilterDataStatusValues.StopIterationNoBuffer
      : FilterDataStatusValues.Continue;
  }

  onRequestTrailers(n: u32): FilterTrailersStatusValues {
    this.enter("request_trailers", n, true);
    return FilterTrailersStatusValues.Continue;
  }

  onResponseHeaders(n: u32, end: bool): FilterHeadersStatusValues {
    if (this.enter("response_headers", n, end)) {
      return FilterHeadersStatusValues.StopIteration;
    }
    if (this.root.behaviour == "headers") {
      stream_context.headers.response.add("x-plugin", "assemblyscript");
    }
    return FilterHeadersStatusValues.Continue;
  }

  onResponseBody(size: usize, end: bool): FilterDataStatusValues {
    return this.enter("response_body", size, end)
      ? FilterDataStatusValues.StopIterationNoBuffer
      : FilterDataStatusValues.Continue;
  }

  onResponseTrailers(n: u32): FilterTrailersStatusValues {
    this.enter("response_trailers", n, true);
    return FilterTrailersStatusValues.Continue;
  }

  onLog(): void {
    this.enter("done", 0, true);
  }
}

registerRootContext((id: u32): RootContext => new Root(id), "");
