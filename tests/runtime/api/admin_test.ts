import assert from "node:assert/strict";
import {
  type FunctionAdmin,
  handleAdmin,
  type InstallSpec,
  MAX_ADMIN_BODY,
} from "../../../runtime/api/admin.ts";

/** A host with one function, `id_1`, that writes down what is asked of it. */
class Functions implements FunctionAdmin {
  calls: unknown[] = [];
  failure: Error | undefined;

  isRegistered(id: string): boolean {
    return id === "id_1";
  }
  install(spec: InstallSpec): Promise<void> {
    return this.#note(["install", spec]);
  }
  uninstall(id: string): Promise<void> {
    return this.#note(["uninstall", id]);
  }
  update(id: string, instances: number): Promise<void> {
    return this.#note(["update", id, instances]);
  }
  #note(call: unknown): Promise<void> {
    this.calls.push(call);
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }
}

interface Answer {
  status: number;
  type: string | null;
  body: string;
  calls: unknown[];
}

async function ask(
  path: string,
  body?: unknown,
  init: RequestInit = {},
  functions = new Functions(),
): Promise<Answer> {
  const request = new Request(`http://127.0.0.1:34998${path}`, {
    method: "POST",
    ...(body === undefined
      ? {}
      : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...init,
  });
  const response = await handleAdmin(request, functions);
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    body: await response.text(),
    calls: functions.calls,
  };
}

const VM = { engine: "wasmtime", path: "nfs/function_1.wasm" };

Deno.test("install, update and uninstall answer 200 with an empty body", async () => {
  const done = { status: 200, type: "application/json", body: "" };
  const install = await ask("/wasm/install", {
    name: "id_2",
    note: "hello",
    instance_num: 2,
    root_context_id: 3,
    vm_config: { ...VM, cpu: 1, url: "" },
  });
  assert.deepEqual(install, {
    ...done,
    calls: [["install", {
      name: "id_2",
      path: "nfs/function_1.wasm",
      instances: 2,
      rootContextId: 3,
      pluginFields: { name: "id_2", note: "hello" },
      vmFields: { ...VM, cpu: "1" },
    }]],
  });
  assert.deepEqual(
    await ask("/wasm/update", { name: "id_1", instance_num: 2 }),
    {
      ...done,
      calls: [["update", "id_1", 2]],
    },
  );
  assert.deepEqual(await ask("/wasm/uninstall", { name: "id_1" }), {
    ...done,
    calls: [["uninstall", "id_1"]],
  });
});

Deno.test("instance_num of 0 or less means one for each CPU, and 1.7 counts as 1 in an update", async () => {
  for (const instance_num of [0, -3, null, undefined]) {
    const { calls } = await ask("/wasm/install", {
      name: "n",
      instance_num,
      vm_config: VM,
    });
    const [[, spec]] = calls as [[string, InstallSpec]];
    assert.equal(spec.instances, undefined);
    assert.equal(spec.rootContextId, 1);
  }
  const { calls } = await ask("/wasm/update", {
    name: "id_1",
    instance_num: 1.7,
  });
  assert.deepEqual(calls, [["update", "id_1", 1]]);
});

/** Path, body, and the text of the error that status 500 comes with. */
const ERRORS: [string, unknown, string][] = [
  ["install", undefined, "invalid request body"],
  ["install", "", "invalid request body"],
  ["update", undefined, "invalid request body"],
  ["uninstall", undefined, "invalid request body"],
  ["install", "{", "unexpected end of JSON input"],
  [
    "install",
    "{'a':1}",
    "invalid character '\\'' looking for beginning of object key string",
  ],
  [
    "install",
    '{"name":x}',
    "invalid character 'x' looking for beginning of value",
  ],
  [
    "install",
    "[]",
    "json: cannot unmarshal array into Go value of type map[string]interface {}",
  ],
  [
    "install",
    "3",
    "json: cannot unmarshal number into Go value of type map[string]interface {}",
  ],
  [
    "install",
    '"a"',
    "json: cannot unmarshal string into Go value of type map[string]interface {}",
  ],
  ["install", "null", "can't get name property"],
  ["install", {}, "can't get name property"],
  ["install", { name: null }, "can't get name property"],
  ["install", { name: 3 }, "name should be a string"],
  ["install", { name: "id_1" }, "id_1 is already registered"],
  ["install", { name: "n" }, "nil vm config"],
  ["install", { name: "n", vm_config: null }, "nil vm config"],
  ["install", { name: "n", from_wasm_plugin: "p" }, "plugin not found"],
  [
    "install",
    { name: "n", vm_config: {} },
    "vm_config has no path: modules are loaded from files",
  ],
  [
    "install",
    { name: "n", instance_num: "2", vm_config: VM },
    "json: cannot unmarshal string into Go struct field filterConfigItem.instance_num of type int",
  ],
  [
    "install",
    { name: "n", instance_num: 1.5, vm_config: VM },
    "json: cannot unmarshal number 1.5 into Go struct field filterConfigItem.instance_num of type int",
  ],
  [
    "install",
    { name: "n", root_context_id: 2 ** 31, vm_config: VM },
    "json: cannot unmarshal number 2147483648 into Go struct field filterConfigItem.root_context_id of type int32",
  ],
  [
    "install",
    { name: "n", vm_config: { path: ["x"] } },
    "json: cannot unmarshal array into Go struct field WasmVmConfig.path of type string",
  ],
  [
    "install",
    { name: "n", instance_num: 100001, vm_config: VM },
    "instance_num should not be greater than 100000",
  ],
  ["uninstall", {}, "can't get name property"],
  ["uninstall", { name: "n" }, "n is not registered"],
  ["uninstall", { name: {} }, "name should be a string"],
  ["update", { instance_num: 1 }, "can't get name property"],
  ["update", { name: "n" }, "can't get instance_num property"],
  [
    "update",
    { name: "n", instance_num: null },
    "can't get instance_num property",
  ],
  [
    "update",
    { name: "n", instance_num: "1" },
    "instance_num should be a number",
  ],
  [
    "update",
    { name: "n", instance_num: 0 },
    "instance_num should be greater than 0",
  ],
  [
    "update",
    { name: "n", instance_num: 0.5 },
    "instance_num should be greater than 0",
  ],
  [
    "update",
    { name: "n", instance_num: 100001 },
    "instance_num should not be greater than 100000",
  ],
  ["update", { name: "n", instance_num: 1 }, "n is not registered"],
  ["update", { name: 3, instance_num: 1 }, "name should be a string"],
];

for (const [endpoint, body, error] of ERRORS) {
  const shown = typeof body === "string" ? body : JSON.stringify(body);
  Deno.test(`${endpoint} of ${shown} is status 500: ${error}`, async () => {
    assert.deepEqual(await ask(`/wasm/${endpoint}`, body), {
      status: 500,
      type: "application/json",
      body: JSON.stringify({ error }),
      calls: [],
    });
  });
}

Deno.test("an error of the host reaches the caller as it is", async () => {
  const functions = new Functions();
  functions.failure = new Error("can't find config for id_1");
  const { status, body } = await ask(
    "/wasm/update",
    { name: "id_1", instance_num: 2 },
    {},
    functions,
  );
  assert.equal(status, 500);
  assert.equal(body, '{"error":"can\'t find config for id_1"}');
});

Deno.test("trailing and double slashes, further segments, a query and any method are accepted", async () => {
  const body = { name: "id_1" };
  for (
    const path of [
      "/wasm/uninstall/",
      "//wasm//uninstall",
      "/wasm/uninstall/and/more",
      "/wasm/uninstall?a=b",
    ]
  ) assert.equal((await ask(path, body)).status, 200, path);
  for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const { status } = await ask("/wasm/uninstall", body, { method });
    assert.equal(status, 200, method);
  }
  const get = await ask("/wasm/uninstall", undefined, { method: "GET" });
  assert.equal(get.body, '{"error":"invalid request body"}');
});

Deno.test("an unknown path is status 404 with an empty body", async () => {
  for (
    const path of [
      "/",
      "/wasm",
      "/wasm/",
      "/wasm/reinstall",
      "/wasm/toString",
      "/wasm/__proto__",
      "/other/install",
      "/actuator/health",
    ]
  ) {
    assert.deepEqual(await ask(path, { name: "id_1" }), {
      status: 404,
      type: "application/json",
      body: "",
      calls: [],
    }, path);
  }
});

Deno.test("of equal keys the last one counts, as in Go", async () => {
  const { calls } = await ask("/wasm/uninstall", '{"name":"x","name":"id_1"}');
  assert.deepEqual(calls, [["uninstall", "id_1"]]);
});

Deno.test("a body over the bound is refused before it is kept", async () => {
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled += 65536;
      controller.enqueue(new Uint8Array(65536).fill(0x20));
    },
  });
  const { status, body } = await ask("/wasm/install", undefined, {
    body: endless,
  });
  assert.equal(status, 500);
  assert.match(body, /found a request body over 1048576 bytes/);
  assert(pulled < 2 * MAX_ADMIN_BODY);
});

Deno.test("what a web page sends is refused", async () => {
  const { status, calls } = await ask("/wasm/uninstall", { name: "id_1" }, {
    headers: { origin: "http://example.com", "content-type": "text/plain" },
  });
  assert.equal(status, 403);
  assert.deepEqual(calls, []);
});
