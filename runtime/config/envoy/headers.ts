/** Header changes of a route table, a virtual host, a route or a weighted cluster. */
import type { Fields } from "./fields.ts";
import { readBase64 } from "./scalars.ts";
import type { HeaderAddition, HeaderChanges } from "./route_model.ts";

const ACTIONS = {
  APPEND_IF_EXISTS_OR_ADD: 0,
  ADD_IF_ABSENT: 1,
  OVERWRITE_IF_EXISTS_OR_ADD: 2,
  OVERWRITE_IF_EXISTS: 3,
} as const;

const OURS = {
  APPEND_IF_EXISTS_OR_ADD: "append",
  ADD_IF_ABSENT: "add_if_absent",
  OVERWRITE_IF_EXISTS_OR_ADD: "overwrite",
  OVERWRITE_IF_EXISTS: "replace",
} as const;

/** The four fields `request_headers_to_add` and its like. */
export function readHeaderChanges(fields: Fields): HeaderChanges {
  return {
    request: {
      add: readAdditions(fields, "request_headers_to_add"),
      remove: readRemovals(fields, "request_headers_to_remove"),
    },
    response: {
      add: readAdditions(fields, "response_headers_to_add"),
      remove: readRemovals(fields, "response_headers_to_remove"),
    },
  };
}

/** Additions of an empty value are left out, as Envoy does without `keep_empty_value`. */
function readAdditions(fields: Fields, name: string): HeaderAddition[] {
  return fields.repeated(name, (option) => {
    const keepEmpty = option.flag("keep_empty_value") ?? false;
    const append = option.flag("append");
    const chosen = option.choice("append_action", ACTIONS);
    if (append !== undefined && option.has("append_action")) {
      option.check.problem(
        option.at("append"),
        'found beside "append_action", expected one of the two',
      );
    }
    const action = append === false ? "OVERWRITE_IF_EXISTS_OR_ADD" : chosen;
    const pair = option.requiredMessage("header", readPair);
    if (pair === undefined || pair.value === "" && !keepEmpty) return [];
    return [{ ...pair, action: OURS[action] }];
  }).flat();
}

function readPair(fields: Fields): { name: string; value: string } {
  const name = fields.required("key");
  const key = fields.at("key");
  checkName(fields, name, key);
  if (/^(:|host$)/i.test(name)) {
    fields.check.expected(key, name, "a header other than the request's line");
  }
  const kind = fields.oneOf(["value", "raw_value"]);
  const raw = kind === "raw_value" ? fields.raw("raw_value") : undefined;
  const bytes = raw === undefined ? undefined : readBase64(raw);
  if (raw !== undefined && bytes === undefined) {
    fields.check.expected(fields.at("raw_value"), raw, "base64");
  }
  const value = bytes === undefined
    ? fields.text("value")
    : new TextDecoder("latin1").decode(bytes);
  const path = fields.at(kind ?? "value");
  if (/[\0\r\n]/.test(value)) {
    fields.check.problem(path, "found a line's end, expected one line");
  }
  // A single `%` begins a command of Envoy's access log, such as %PROTOCOL%.
  if (value.replaceAll("%%", "").includes("%")) {
    fields.check.expected(
      path,
      value,
      'no "%" but "%%": values that are made of the request are not served here',
    );
  }
  return { name: name.toLowerCase(), value: value.replaceAll("%%", "%") };
}

function readRemovals(fields: Fields, name: string): string[] {
  const names = fields.texts(name);
  const path = fields.at(name);
  for (const name of names) {
    checkName(fields, name, path);
    if (/^(:|host$)/i.test(name)) {
      fields.check.expected(path, name, "a header that may be removed");
    }
  }
  return names.map((name) => name.toLowerCase());
}

/** Reports a text that cannot be a header's name. */
export function checkName(fields: Fields, name: string, path: string): void {
  if (name === "" || /[\0\r\n]/.test(name)) {
    fields.check.expected(path, name, "a header's name");
  }
}
