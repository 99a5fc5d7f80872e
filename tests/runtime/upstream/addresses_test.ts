import assert from "node:assert/strict";
import { Addresses } from "../../../runtime/upstream/addresses.ts";

/** The next addresses, one after the other. */
async function take(addresses: Addresses, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) taken.push(await addresses.next());
  return taken;
}

Deno.test("the addresses of a name take turns, and one lookup serves many connections", async () => {
  const asked: string[] = [];
  const addresses = new Addresses("web", (name) => {
    asked.push(name);
    return Promise.resolve(["10.0.0.1", "10.0.0.2"]);
  });
  assert.deepEqual(await take(addresses, 3), [
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.1",
  ]);
  assert.deepEqual(asked, ["web"]);
});

Deno.test("an address stands for itself, and a name that is not found is left to the system", async () => {
  const never = () => Promise.reject(new Error("was asked"));
  for (const host of ["10.0.0.1", "::1", "web"]) {
    assert.deepEqual(await take(new Addresses(host, never), 1), [host]);
  }
});
