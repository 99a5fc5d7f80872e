import assert from "node:assert/strict";
import {
  pathOf,
  queryAsBody,
  readBody,
} from "../../../runtime/ingress/request.ts";

Deno.test("the query string becomes the body, decoded", () => {
  const cases: [string, string][] = [
    ["/", ""],
    ["/?", ""],
    ["/?name=book1", "name=book1"],
    ["/?book1", "book1"],
    ["/?name=%31", "name=1"],
    ["/?a=1+2&b=%2B", "a=1 2&b=+"],
    ["/?bad=%zz%4", "bad=%zz%4"],
    ["/?x=%C3%A4", "x=ä"],
  ];
  for (const [path, expected] of cases) {
    assert.equal(new TextDecoder().decode(queryAsBody(path)), expected, path);
  }
});

Deno.test("path and query are cut out of a request's URL", () => {
  assert.equal(pathOf("http://h:1/a/b?c=d"), "/a/b?c=d");
  assert.equal(pathOf("http://h:1"), "/");
});

Deno.test("a body over the limit is refused, declared or not; at the limit it passes", async () => {
  const request = (body: BodyInit, headers = {}) =>
    new Request("http://h/", { method: "POST", body, headers });
  const stream = () => new Blob([new Uint8Array(10)]).stream();
  assert.equal((await readBody(request(new Uint8Array(10)), 10))?.length, 10);
  assert.equal((await readBody(request(stream()), 10))?.length, 10);
  assert.equal(await readBody(request(stream()), 9), undefined);
  const declared = request("abc", { "content-length": "11" });
  assert.equal(await readBody(declared, 10), undefined);
});
