/** What the host asks of a guest's allocator, and what the allocator may ask of the host (ABI.md §7, 8 to 11). */
import assert from "node:assert/strict";
import { PluginInstance } from "../../abi/mod.ts";
import {
  bytes,
  moduleOf,
  options,
  RecordingHost,
  request,
  span,
} from "./guests.ts";
import {
  Allocation,
  HEAP,
  PluginProbe,
  type ProbeSettings,
  WAITING,
} from "./probe.ts";
import { DRAFTS, PROXY_WASM, WASI } from "./signatures.ts";

const A = 0x100;
const R = 0x300;

/** A call that gives the guest `value`, stored at `R` and `R + 4`. */
interface Result {
  name: string;
  /** What lies at `A`. */
  text?: string;
  args: number[];
  /** Makes `value` what the call gives, where `settings` do not. */
  prepare?: (probe: PluginProbe, value: Uint8Array) => void;
  settings?: (value: string) => ProbeSettings;
}

const RESULTS: Result[] = [
  {
    name: "proxy_get_configuration",
    args: [R, R + 4],
    settings: (value) => ({
      version: "0_1_0",
      options: { pluginConfiguration: bytes(value) },
    }),
  },
  {
    name: "proxy_get_buffer_bytes",
    args: [0, 0, -1, R, R + 4],
    settings: (value) => ({
      request: { body: bytes(value), bodyIsReal: true },
    }),
  },
  {
    name: "proxy_get_header_map_value",
    text: "x-one",
    args: [0, A, 5, R, R + 4],
    settings: (value) => ({ request: { headers: [["x-one", value]] } }),
  },
  {
    name: "proxy_get_property",
    text: "plugin_name",
    args: [A, 11, R, R + 4],
    settings: (value) => ({ options: { pluginName: value } }),
  },
  {
    name: "proxy_get_status",
    args: [R + 8, R, R + 4],
    prepare: ({ vm }, value) =>
      vm.calls.received = {
        ...vm.calls.received,
        text: new TextDecoder().decode(value),
      },
  },
  {
    name: "proxy_get_shared_data",
    text: "key",
    args: [A, 3, R, R + 4, R + 8],
    prepare: ({ vm }, value) => vm.shared.data.set(span("key"), span(value), 0),
  },
  {
    name: "proxy_dequeue_shared_queue",
    args: [1, R, R + 4],
    prepare: ({ vm }, value) => {
      vm.shared.queues.register(span("queue"), 1);
      vm.shared.queues.enqueue(1, span(value));
    },
  },
  {
    name: "proxy_call_foreign_function",
    text: "given",
    args: [A, 5, 0, 0, R, R + 4],
    settings: (value) => ({
      hooks: { foreign: new Map([["given", () => bytes(value)]]) },
    }),
  },
  {
    name: "proxy_get_state",
    text: "key",
    args: [A, 3, A, 3, R, R + 4],
    prepare: ({ host }, value) => host.state = () => Promise.resolve(value),
  },
  {
    name: "proxy_invoke_service",
    text: "id",
    args: [A, 2, A, 2, 0, 0, R, R + 4],
    prepare: ({ host }, value) => host.invoke = () => Promise.resolve(value),
  },
];

async function given(
  { name, text = "", args, prepare, settings }: Result,
  value: string,
): Promise<PluginProbe> {
  const waits = WAITING.includes(name);
  const probe = new PluginProbe({
    names: waits ? WAITING : undefined,
    ...settings?.(value),
  });
  prepare?.(probe, bytes(value));
  probe.put(A, text);
  probe.memory.fill(0xaa, R, R + 8);
  assert.equal(
    waits ? await probe.wait(name, ...args) : probe.call(name, ...args),
    0,
  );
  return probe;
}

for (const result of RESULTS) {
  Deno.test(`${result.name} asks for no memory where it gives nothing: address 0, size 0 (trap 8)`, async () => {
    const probe = await given(result, "");
    assert.equal(probe.allocations, 0);
    assert.deepEqual([probe.u32(R), probe.u32(R + 4)], [0, 0]);
  });

  Deno.test(`${result.name} asks once, for exactly the bytes it gives (trap 9) (trap 10)`, async () => {
    for (const value of ["v", "a longer value", "x".repeat(5000)]) {
      const probe = await given(result, value);
      assert.equal(probe.allocations, 1);
      assert.equal(probe.asked, value.length);
      assert.deepEqual([probe.u32(R), probe.u32(R + 4)], [HEAP, value.length]);
      assert.equal(probe.givenText(R, R + 4), value);
    }
  });
}

Deno.test("the pairs of a map take one allocation of their exact size, an empty map's as well (trap 9) (trap 10)", () => {
  for (
    const [headers, size] of [[[], 4], [[["ab", "cde"]], 19]] as [
      [string, string][],
      number,
    ][]
  ) {
    const probe = new PluginProbe({ request: { headers } });
    assert.equal(probe.call("proxy_get_header_map_pairs", 0, R, R + 4), 0);
    assert.equal(probe.allocations, 1);
    assert.equal(probe.asked, size);
    assert.equal(probe.u32(R + 4), size);
  }
});

for (const result of RESULTS.filter(({ name }) => !WAITING.includes(name))) {
  Deno.test(`${result.name} is 6 where the allocator gives 0, and the guest's trap where it traps (trap 11)`, () => {
    const { name, text = "", args, prepare, settings } = result;
    const probe = new PluginProbe(settings?.("value"));
    prepare?.(probe, bytes("value"));
    probe.put(A, text);
    probe.memory.fill(0xaa, R, R + 12);
    probe.allocator = Allocation.refuses;
    assert.equal(probe.call(name, ...args), 6);
    probe.allocator = Allocation.traps;
    assert.throws(() => probe.call(name, ...args), WebAssembly.RuntimeError);
    assert.ok(probe.memory.subarray(R, R + 12).every((one) => one === 0xaa));
  });
}

/** What the allocator may call; `abort` ends the guest by itself. */
const WHILE_ALLOCATING = [
  "abort",
  "clock_time_get",
  "emscripten_notify_memory_growth",
  "fd_write",
  "poll_oneoff",
  "proxy_get_current_time_nanoseconds",
  "proxy_log",
];

/** Every import that there is, but those that wait: see the test of an allocator that waits. */
const IMPORTS: (readonly [module: string, name: string, signature: string])[] =
  [
    ...Object.entries({ ...PROXY_WASM, ...DRAFTS })
      .filter(([name]) => !WAITING.includes(name))
      .map(([name, signature]) => ["env", name, signature] as const),
    ["env", "emscripten_notify_memory_growth", "i"],
    ["env", "abort", "iiii"],
    ["env", "pthread_equal", "ii"],
    ...Object.entries(WASI).map(([name, signature]) =>
      ["wasi_snapshot_preview1", name, signature] as const
    ),
  ];

/** A plugin that asks for its request's body, with an allocator that does `body`. */
function allocating(body: string, imported = ""): string {
  return `(module ${imported}
    (import "env" "proxy_get_buffer_bytes"
      (func $get (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_set_buffer_bytes"
      (func $set (param i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "malloc") (param i32) (result i32)
      ${body} (i32.const 1024))
    (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
      (i32.store8 (i32.const 8) (i32.add (i32.const 48)
        (call $get (i32.const 0) (i32.const 0) (i32.const -1)
          (i32.const 0) (i32.const 4))))
      (drop (call $set (i32.const 1) (i32.const 0) (i32.const 0)
        (i32.const 8) (i32.const 1)))
      (i32.const 0)))`;
}

async function startAllocating(wat: string) {
  const host = new RecordingHost();
  const module = moduleOf(wat);
  const plugin = await PluginInstance.create(module, host, options());
  const ask = async () => {
    const { body } = await plugin.handleHttp(
      request({ body: bytes("body"), bodyIsReal: true }),
    );
    return new TextDecoder().decode(body);
  };
  return { plugin, ask };
}

for (const [module, name, signature] of IMPORTS) {
  const allowed = WHILE_ALLOCATING.includes(name);
  Deno.test(`an allocator may ${allowed ? "" : "not "}call ${module}.${name} (trap 11)`, async () => {
    const types = [...signature].map((one) => one === "I" ? "i64" : "i32");
    const result = /^(proc_exit|abort|emscripten_notify_memory_growth)$/
        .test(name)
      ? ""
      : "(result i32)";
    const zeros = types.map((type) => `(${type}.const 0)`).join(" ");
    const call = `(call $it ${zeros})`;
    const { plugin, ask } = await startAllocating(allocating(
      result === "" ? call : `(drop ${call})`,
      `(import "${module}" "${name}"
        (func $it (param ${types.join(" ")}) ${result}))`,
    ));
    if (name === "abort") await assert.rejects(ask, /abort: /);
    else if (allowed) assert.equal(await ask(), "0");
    else {
      await assert.rejects(ask, {
        name: "GuestTrap",
        message: new RegExp(`restricted_callback: ${name} `),
      });
    }
    assert.equal(plugin.failed, !allowed || name === "abort");
  });
}

Deno.test("an allocator cannot catch that it called what it may not (trap 11)", async () => {
  const { plugin, ask } = await startAllocating(allocating(
    "(try (do (drop (call $done))) (catch_all))",
    `(import "env" "proxy_done" (func $done (result i32)))`,
  ));
  await assert.rejects(ask, {
    name: "GuestTrap",
    message: /restricted_callback: proxy_done /,
  });
  assert.equal(plugin.failed, true);
});

Deno.test("an allocator that gives 0 is 6 to the guest, which lives; one that traps ends the instance (trap 11)", async () => {
  const empty = await startAllocating(allocating("(return (i32.const 0))"));
  assert.equal(await empty.ask(), "6");
  assert.equal(empty.plugin.failed, false);
  const trapping = await startAllocating(allocating("unreachable"));
  await assert.rejects(trapping.ask, {
    name: "GuestTrap",
    callback: "proxy_on_request_body",
  });
  assert.equal(trapping.plugin.failed, true);
});
