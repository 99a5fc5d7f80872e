import assert from "node:assert/strict";
import { groupOf, podOf } from "../../shim/group.ts";
import { podPaths, socketAddress, socketPath } from "../../shim/paths.ts";

const scope = { address: "/run/containerd/containerd.sock", namespace: "n" };

Deno.test("a socket's path is the same for the same group and differs for any other", () => {
  const path = socketPath(scope, "g");
  assert.equal(socketPath({ ...scope }, "g"), path);
  const others = [
    socketPath(scope, "h"),
    socketPath({ ...scope, namespace: "m" }, "g"),
    socketPath({ ...scope, address: "/other.sock" }, "g"),
  ];
  assert.equal(new Set([path, ...others]).size, 4);
});

Deno.test("a socket's path fits a socket address and is not the one runc's shim makes", async () => {
  const path = socketPath(scope, "g".repeat(500));
  assert(path.length <= 106, `${path.length} bytes`);
  const runc = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode("/run/containerd/containerd.sock/n/g"),
  );
  const hex = Array.from(
    new Uint8Array(runc),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  assert(!(socketPath(scope, "g")).includes(hex));
  assert.equal(socketAddress("/a/b"), "unix:///a/b");
});

Deno.test("names that run together are still different names", () => {
  const one = socketPath({ address: "a", namespace: "b" }, "c");
  const two = socketPath({ address: "ab", namespace: "" }, "c");
  assert.notEqual(one, two);
});

Deno.test("a pod's folder stays in its place whatever the pod is called", () => {
  for (const name of ["../../etc", "a/b", "..", "x\0y", "a b", "ü", ""]) {
    const { root } = podPaths(scope, name);
    assert.match(root, /^\/run\/layotto\/[A-Za-z0-9_.-]*-[0-9a-f]{12}$/, name);
  }
  const [one, two] = [
    podPaths(scope, "a/b"),
    podPaths(scope, "a b"),
  ];
  assert.notEqual(one.root, two.root);
  assert.notEqual(one.data, two.data);
});

Deno.test("containers are grouped by sandbox, else by runc's group, else stand alone", () => {
  const sandbox = { "io.kubernetes.cri.sandbox-id": "s" };
  const runc = { "io.containerd.runc.v2.group": "r" };
  assert.equal(podOf({ annotations: { ...sandbox, ...runc } }, "id"), "s");
  assert.equal(podOf({ annotations: runc }, "id"), "r");
  assert.equal(podOf({}, "id"), "id");
  assert.equal(
    groupOf({ annotations: { "io.kubernetes.cri.sandbox-id": "" } }, "id"),
    "id",
  );
});
