/** Trailers that a plugin makes where none came: while it is shown the end of a body (ABI.md §7.26). */
import assert from "node:assert/strict";
import { HeaderMap } from "../../../abi/mod.ts";
import { bytes } from "../guests.ts";
import { ANSWER, feed, FIELDS, guest, open } from "./opened.ts";

const TEXT = `(data (i32.const 600) "x-madeyes")
  (data (i32.const 620)
    "\\01\\00\\00\\00\\05\\00\\00\\00\\03\\00\\00\\00x-set\\00yes\\00")`;

const SIDES = [
  { side: "request", map: 1, stream: 0, arrow: ">" },
  { side: "response", map: 3, stream: 1, arrow: "<" },
] as const;

const add = (map: number) =>
  `(drop (call $proxy_add_header_map_value (i32.const ${map})
    (i32.const 600) (i32.const 6) (i32.const 606) (i32.const 3)))`;
const set = (map: number) =>
  `(drop (call $proxy_set_header_map_pairs (i32.const ${map})
    (i32.const 620) (i32.const 22)))`;
const remove = (map: number) =>
  `(drop (call $proxy_remove_header_map_value (i32.const ${map})
    (i32.const 600) (i32.const 6)))`;
const atEnd = (what: string) => `(if (local.get 2) (then ${what}))`;

for (const { side, map, stream, arrow } of SIDES) {
  const fields = () => side === "request" ? FIELDS() : ANSWER();
  const arrows = (events: string[]) =>
    events.map((event) => `${arrow} ${event}`);
  const opened = (what: string, answers: Record<string, string> = {}) =>
    open(guest(answers, TEXT, { [`${side}_body`]: what }));

  Deno.test(`${side}: trailers made at the end of a body go on behind it, and the plugin is not asked about them (trap 26)`, async () => {
    for (
      const [call, made] of [[add, "x-made=yes"], [set, "x-set=yes"]] as const
    ) {
      const { [side]: into, went, saw } = await opened(atEnd(call(map)));
      feed(into, fields(), ["one", "two"]);
      assert.deepEqual(
        went,
        arrows(["headers", "one", "two", `trailers ${made}`]),
      );
      assert.doesNotMatch(saw(), /t/i);
    }
  });

  Deno.test(`${side}: they wait with a body that waits (trap 26)`, async () => {
    for (const answer of ["1", "2"]) {
      const answers = { [`${side}_body`]: answer };
      const { [side]: into, went, go } = await opened(
        atEnd(add(map)),
        answers,
      );
      feed(into, fields(), ["one", "two"]);
      assert.deepEqual(went.splice(0), arrows(["headers"]));
      go();
      assert.deepEqual(went, arrows(["onetwo", "trailers x-made=yes"]));
    }
  });

  Deno.test(`${side}: they follow an empty end, and a body that was thrown away (trap 26)`, async () => {
    const asks = atEnd(add(map) + `(call $go (i32.const ${stream}))`);
    const dropped = await opened(asks, { [`${side}_body`]: "3" });
    feed(dropped[side], fields(), ["one"]);
    assert.deepEqual(
      dropped.went,
      arrows(["headers", "trailers x-made=yes"]),
    );
    const empty = await opened(asks);
    feed(empty[side], fields(), ["one", ""]);
    assert.deepEqual(
      empty.went,
      arrows(["headers", "one", "trailers x-made=yes"]),
    );
  });

  Deno.test(`${side}: before the end there are none to write to, and none are made of nothing (trap 26)`, async () => {
    const early = await opened(
      `(if (i32.eqz (local.get 2)) (then ${add(map)}))`,
    );
    feed(early[side], fields(), ["one", "two"]);
    assert.deepEqual(early.went, arrows(["headers", "one", "two end"]));
    assert.match(early.saw(), new RegExp(`no header map ${map}`));
    const nothing = await opened(atEnd(remove(map)));
    feed(nothing[side], fields(), ["one"]);
    assert.deepEqual(nothing.went, arrows(["headers", "one end"]));
  });

  Deno.test(`${side}: trailers that come are those that are written to (trap 26)`, async () => {
    const { [side]: into, went } = await open(
      guest({}, TEXT, { [`${side}_trailers`]: add(map) }),
    );
    into.headers(fields(), false);
    into.data(bytes("one"), false);
    const trailers = new HeaderMap();
    trailers.add("x-end", "1");
    into.trailers(trailers);
    assert.deepEqual(
      went,
      arrows(["headers", "one", "trailers x-end=1 x-made=yes"]),
    );
  });
}
