import assert from "node:assert/strict";
import { queryAsBody } from "../../../runtime/ingress/request.ts";

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
