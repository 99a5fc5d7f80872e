/* The steps of the probe's rules: one host call each, said with the status it got. */
#ifndef STEPS_H
#define STEPS_H

#include "text.h"

/* The stream context that was created last. */
static u32 last_stream;

static void status(u32 code) {
  say(" -> ");
  say_number(code);
}

static void result(u32 code, const char *bytes, u32 size) {
  status(code);
  if (code == 0) {
    say(bytes == 0 ? " null " : " ");
    say_bytes(bytes, size);
  }
}

static void result_number(u32 code, i64 value) {
  status(code);
  if (code == 0) say(" "), say_number(value);
}

/* a.b.c with NULs where the dots are; in `room`. */
static struct text path_of(struct text dotted, char *room) {
  for (u32 i = 0; i < dotted.size; i++) room[i] = dotted.at[i] == '.' ? 0 : dotted.at[i];
  return (struct text){room, dotted.size};
}

static u32 put_u32(char *at, u32 value) {
  for (u32 i = 0; i < 4; i++) at[i] = value >> (8 * i);
  return 4;
}

static u32 put_text(char *at, struct text t) {
  for (u32 i = 0; i < t.size; i++) at[i] = t.at[i];
  at[t.size] = 0;
  return t.size + 1;
}

/* Pairs written `key=value,key=value` in the ABI's form; in `room`. A `+` in a value stands for a space. */
static struct text pairs_of(struct text list, char *room) {
  u32 count = 0, at = 4;
  for (struct text rest = list; rest.size > 0; count++) {
    struct text value = until(&rest, ','), key = until(&value, '=');
    at += put_u32(room + at, key.size);
    at += put_u32(room + at, value.size);
  }
  put_u32(room, count);
  for (struct text rest = list; rest.size > 0;) {
    struct text value = until(&rest, ','), key = until(&value, '=');
    at += put_text(room + at, key);
    at += put_text(room + at, value);
  }
  return (struct text){room, at};
}

static u32 get_u32(const char *at) {
  const unsigned char *b = (const unsigned char *)at;
  return b[0] | b[1] << 8 | b[2] << 16 | (u32)b[3] << 24;
}

/* Pairs in the ABI's form as `key=value, key=value`. */
static void say_pairs(const char *bytes, u32 size) {
  u32 count = size < 4 ? 0 : get_u32(bytes);
  const char *at = bytes + 4 + 8 * count;
  say(" ");
  say_number(count);
  say(" [");
  for (u32 i = 0; i < count; i++) {
    u32 key = get_u32(bytes + 4 + 8 * i), value = get_u32(bytes + 8 + 8 * i);
    if (i > 0) say(", ");
    put((struct text){at, key});
    say("=");
    put((struct text){at + key + 1, value});
    at += key + value + 2;
  }
  say("]");
}

#include "raw.h"

/* One step; its words are `rest`. Returns 1 if it was `return`, with the value in `value`. */
static int step(struct text rest, u32 *value) {
  static char room[8192], other[4096];
  rest = trimmed(rest);
  struct text all = rest, op = word(&rest);
  char *bytes = 0;
  u32 size = 0, n = 0;
  u64 wide = 0;
  if (op.size == 0) return 0;
  if (is(op, "return")) {
    *value = next_number(&rest);
    return 1;
  }
  say("  ");
  put(all);
  if (is(op, "log")) ;
  else if (is(op, "body")) {
    n = next_number(&rest);
    result(proxy_get_buffer_bytes(n, 0, -1, &bytes, &size), bytes, size);
  } else if (is(op, "part")) {
    n = next_number(&rest);
    u32 start = next_number(&rest), max = next_number(&rest);
    result(proxy_get_buffer_bytes(n, start, max, &bytes, &size), bytes, size);
  } else if (is(op, "bodystatus")) {
    u32 flags = 99;
    size = 99;
    n = proxy_get_buffer_status(next_number(&rest), &size, &flags);
    result_number(n, size);
    say(" flags ");
    say_number(flags);
  } else if (is(op, "setbody")) {
    n = next_number(&rest);
    u32 start = next_number(&rest), length = next_number(&rest);
    rest = trimmed(rest);
    if (is(rest, "\"\"")) rest.size = 0;
    status(proxy_set_buffer_bytes(n, start, length, rest.at, rest.size));
  } else if (is(op, "size")) {
    n = proxy_get_header_map_size(next_number(&rest), &size);
    result_number(n, size);
  } else if (is(op, "pairs")) {
    n = proxy_get_header_map_pairs(next_number(&rest), &bytes, &size);
    status(n);
    if (n == 0 && bytes == 0) say(" null");
    else if (n == 0) say_pairs(bytes, size);
  } else if (is(op, "setpairs")) {
    n = next_number(&rest);
    struct text pairs = pairs_of(trimmed(rest), room);
    status(proxy_set_header_map_pairs(n, pairs.at, pairs.size));
  } else if (is(op, "get")) {
    n = next_number(&rest);
    struct text key = word(&rest);
    result(proxy_get_header_map_value(n, key.at, key.size, &bytes, &size), bytes, size);
  } else if (is(op, "add") || is(op, "replace")) {
    n = next_number(&rest);
    struct text key = word(&rest), to = trimmed(rest);
    if (is(to, "\"\"")) to.size = 0;
    status((is(op, "add") ? proxy_add_header_map_value : proxy_replace_header_map_value)(n, key.at, key.size, to.at,
                                                                                       to.size));
  } else if (is(op, "remove")) {
    n = next_number(&rest);
    struct text key = word(&rest);
    status(proxy_remove_header_map_value(n, key.at, key.size));
  } else if (is(op, "prop")) {
    struct text path = path_of(word(&rest), room);
    result(proxy_get_property(path.at, path.size, &bytes, &size), bytes, size);
  } else if (is(op, "setprop")) {
    struct text path = path_of(word(&rest), room), to = trimmed(rest);
    status(proxy_set_property(path.at, path.size, to.at, to.size));
  } else if (is(op, "local")) {
    n = next_number(&rest);
    struct text body = word(&rest), headers = word(&rest);
    headers = headers.size > 0 ? pairs_of(headers, room) : headers;
    status(proxy_send_local_response(n, "probe", 5, body.at, body.size, headers.at, headers.size, -1));
  } else if (is(op, "grpclocal")) {
    n = next_number(&rest);
    u32 grpc = next_number(&rest);
    struct text body = word(&rest);
    status(proxy_send_local_response(n, "probe", 5, body.at, body.size, 0, 0, grpc));
  } else if (is(op, "continue")) status(proxy_continue_stream(next_number(&rest)));
  else if (is(op, "close")) status(proxy_close_stream(next_number(&rest)));
  else if (is(op, "tick")) status(proxy_set_tick_period_milliseconds(next_number(&rest)));
  else if (is(op, "effective")) {
    struct text id = word(&rest);
    status(proxy_set_effective_context(is(id, "stream") ? last_stream : number(id)));
  } else if (is(op, "call")) {
    struct text cluster = word(&rest), path = word(&rest);
    u32 timeout = next_number(&rest);
    struct text body = word(&rest), more = word(&rest);
    struct text list = {other, 0};
    const char *head = ":method=POST,:authority=callee,:path=";
    list.size += put_text(other, literal(head)) - 1;
    list.size += put_text(other + list.size, path) - 1;
    if (more.size > 0) {
      list.size += put_text(other + list.size, literal(",")) - 1;
      list.size += put_text(other + list.size, more) - 1;
    }
    struct text pairs = pairs_of(list, room);
    n = proxy_http_call(cluster.at, cluster.size, pairs.at, pairs.size, body.at, body.size, 0, 0, timeout, &size);
    status(n);
  } else if (is(op, "callpairs")) {
    struct text cluster = word(&rest), pairs = pairs_of(word(&rest), room);
    u32 timeout = next_number(&rest);
    status(proxy_http_call(cluster.at, cluster.size, pairs.at, pairs.size, 0, 0, 0, 0, timeout, &size));
  } else if (is(op, "callstatus")) {
    u32 code = 99;
    n = proxy_get_status(&code, &bytes, &size);
    status(n);
    say(" code ");
    say_number(code);
    say(" ");
    say_bytes(bytes, size);
  } else if (is(op, "data")) {
    struct text key = word(&rest);
    u32 cas = 0;
    n = proxy_get_shared_data(key.at, key.size, &bytes, &size, &cas);
    result(n, bytes, size);
    if (n == 0) say(" cas "), say_number(cas);
  } else if (is(op, "setdata")) {
    struct text key = word(&rest), to = word(&rest);
    status(proxy_set_shared_data(key.at, key.size, to.at, to.size, next_number(&rest)));
  } else if (is(op, "queue")) {
    struct text name = word(&rest);
    n = proxy_register_shared_queue(name.at, name.size, &size);
    result_number(n, size);
  } else if (is(op, "resolve")) {
    struct text vm = word(&rest), name = word(&rest);
    n = proxy_resolve_shared_queue(vm.at, vm.size, name.at, name.size, &size);
    result_number(n, size);
  } else if (is(op, "enqueue")) {
    n = next_number(&rest);
    rest = trimmed(rest);
    status(proxy_enqueue_shared_queue(n, rest.at, rest.size));
  } else if (is(op, "dequeue"))
    result(n = proxy_dequeue_shared_queue(next_number(&rest), &bytes, &size), bytes, size);
  else if (is(op, "metric")) {
    n = next_number(&rest);
    struct text name = word(&rest);
    n = proxy_define_metric(n, name.at, name.size, &size);
    result_number(n, size);
  } else if (is(op, "increment")) {
    n = next_number(&rest);
    status(proxy_increment_metric(n, (int)next_number(&rest)));
  } else if (is(op, "record")) {
    n = next_number(&rest);
    status(proxy_record_metric(n, next_number(&rest)));
  } else if (is(op, "readmetric")) {
    n = proxy_get_metric(next_number(&rest), &wide);
    result_number(n, wide);
  } else if (is(op, "foreign")) {
    struct text name = word(&rest), argument = trimmed(rest);
    result(n = proxy_call_foreign_function(name.at, name.size, argument.at, argument.size, &bytes, &size), bytes, size);
  } else if (is(op, "level")) {
    n = proxy_get_log_level(&size);
    result_number(n, size);
  } else if (is(op, "done")) status(proxy_done());
  else if (is(op, "raw")) {
    struct text name = word(&rest);
    status(raw(name, rest));
  } else if (is(op, "trap")) {
    flush(2);
    __builtin_trap();
  } else say(" no such step");
  flush(2);
  return 0;
}

#endif
