/** Paths of properties (ABI.md §4.2). */
import assert from "node:assert/strict";
import { TcpContext } from "../../abi/proxywasm/contexts.ts";
import { bytes } from "../abi/guests.ts";
import { PluginProbe } from "../abi/probe.ts";
import { fuzz } from "./engine/fuzz.ts";
import { writtenOutside } from "./written.ts";

const RESULTS = 0x100;
const PATH = 0x200;

const METADATA: Record<string, unknown> = {
  list: [1, { a: null }],
  "": { "": true },
  text: "é",
};

const PATHS = [
  ...["request path", "request headers x-one", "response code", "metadata"],
  ...["request headers", "connection id", "node id", "node locality region"],
  ...["node metadata list 1 a", "node metadata", "node metadata  ", "q "],
  ...["plugin_root_id", "source address", "upstream port", "filter_state q"],
  ...["filter_state wasm.q", "request time", "response trailers x"],
].map((path) => bytes(`0${path.replaceAll(" ", "\0")}`));

let probe = fresh();

function fresh(): PluginProbe {
  const locality = { region: "r", zone: "z", subZone: "s" };
  const probe = new PluginProbe({
    options: { node: { id: "n", cluster: "c", locality, metadata: METADATA } },
    request: { path: "/a?b#c", facts: { source: { port: 7 } } },
    names: ["proxy_get_property", "proxy_set_property"],
  });
  const nothing = () => {};
  const control = {
    continueDownstream: nothing,
    continueUpstream: nothing,
    close: nothing,
  };
  probe.vm.contexts.set(3, new TcpContext(3, probe.root, control));
  return probe;
}

fuzz({
  says:
    "a property's path of any bytes is answered, and only its result is written",
  name: "properties",
  corpus: PATHS,
  minimum: 2_000,
  run(input) {
    const path = input.subarray(1, 1000);
    // Nothing is freed, so a guest is used up in time.
    if (probe.heap > 0xf000) probe = fresh();
    const { vm } = probe;
    vm.enter("proxy_on_log", vm.contexts.get(1 + (input[0] ?? 0) % 3));
    probe.memory.fill(0, PATH, PATH + 1000);
    const size = probe.put(PATH, path);
    const { heap } = probe;
    const before = probe.memory.slice();
    const status = probe.call(
      "proxy_get_property",
      ...[PATH, size, RESULTS, RESULTS + 4],
    );
    assert.ok([0, 1, 3, 6, 10].includes(status), `status ${status}`);
    const changed = writtenOutside(before, probe.memory, [
      [RESULTS, RESULTS + 8],
      [heap, probe.heap],
    ]);
    assert.equal(changed, -1, "something else was written");
    if (status !== 0) {
      assert.equal(probe.heap, heap, "memory was taken for no value");
      return false;
    }
    assert.equal(probe.u32(RESULTS + 4), probe.heap - heap);
    return true;
  },
});

fuzz({
  says: "what is set under a path that the host does not know is read back",
  name: "set_property",
  corpus: PATHS,
  minimum: 2_000,
  run(input) {
    if (probe.heap > 0xf000) probe = fresh();
    const { vm, http } = probe;
    vm.enter("proxy_on_log", http);
    const size = probe.put(PATH, input.subarray(0, 1000));
    const get = () =>
      probe.call("proxy_get_property", PATH, size, RESULTS, RESULTS + 4);
    if (get() === 0) return false;
    probe.put(RESULTS + 16, "value");
    const set = [PATH, size, RESULTS + 16, 5];
    assert.equal(probe.call("proxy_set_property", ...set), 0);
    assert.equal(get(), 0);
    assert.equal(probe.givenText(RESULTS, RESULTS + 4), "value");
    http.properties = undefined;
    http.propertyBytes = 0;
    return true;
  },
});
