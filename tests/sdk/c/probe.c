/*
 * A plugin that says every callback and does what its configuration tells it, one rule a line:
 *
 *     request_body#2: body 0; setbody 0 0 0 hello; return 1
 *
 * names a callback (`#2` only its second call in a context, `#end` only the one with end of stream) and what is done in
 * it, separated by semicolons. The first rule that fits is taken. Each step says what it did and the status it got.
 */
#include "steps.h"

#define ROOTS 8
#define CONTEXTS 512
#define KINDS 24

extern unsigned char __heap_base;
static u32 heap;

/* What the host allocates lives until the next callback from it ends: nothing is kept. */
EXPORT(malloc)
void *proxy_malloc(u32 size) {
  if (heap == 0) heap = (u32)&__heap_base;
  u32 at = (heap + 15) & ~15u;
  heap = at + size;
  u32 pages = __builtin_wasm_memory_size(0), wanted = (heap + 65535) / 65536;
  if (wanted > pages && __builtin_wasm_memory_grow(0, wanted - pages) == (u32)-1) return 0;
  return (void *)at;
}

EXPORT(proxy_abi_version_0_2_1)
void abi_version(void) {}

static struct { u32 root; struct text rules; } configurations[ROOTS];
static struct { u32 id, parent, calls[KINDS]; } contexts[CONTEXTS];

static struct text rules_of(u32 context) {
  u32 parent = contexts[context % CONTEXTS].parent;
  u32 root = parent != 0 ? parent : context;
  for (u32 i = 0; i < ROOTS; i++)
    if (configurations[i].root == root) return configurations[i].rules;
  return (struct text){0, 0};
}

/* Takes the rule for this call of `name`; the line that says the call is already built. */
static u32 run(u32 context, u32 kind, const char *name, u32 end, u32 otherwise) {
  flush(2);
  u32 call = ++contexts[context % CONTEXTS].calls[kind], value = otherwise;
  for (struct text rules = rules_of(context); rules.size > 0;) {
    struct text rule = trimmed(until(&rules, '\n')), which = until(&rule, ':'), callback = until(&which, '#');
    if (!is(trimmed(callback), name)) continue;
    if (is(which, "end") ? !end : which.size > 0 && number(which) != call) continue;
    while (rule.size > 0)
      if (step(until(&rule, ';'), &value)) break;
    break;
  }
  heap = 0;
  return value;
}

static void call3(const char *name, u32 a, i64 b, i64 c) {
  say(name);
  say("(");
  say_number(a);
  if (b >= 0) say(", "), say_number(b);
  if (c >= 0) say(", "), say_number(c);
  say(")");
}

EXPORT(proxy_on_context_create)
void on_context_create(u32 id, u32 parent) {
  u32 slot = id % CONTEXTS;
  contexts[slot].id = id;
  contexts[slot].parent = parent;
  for (u32 i = 0; i < KINDS; i++) contexts[slot].calls[i] = 0;
  if (parent != 0) last_stream = id;
  call3("context_create", id, parent, -1);
  run(id, 0, "context_create", 0, 0);
}

EXPORT(proxy_on_vm_start)
u32 on_vm_start(u32 root, u32 size) {
  call3("vm_start", root, size, -1);
  return run(root, 1, "vm_start", 0, 1);
}

EXPORT(proxy_on_configure)
u32 on_configure(u32 root, u32 size) {
  static char room[ROOTS][8192];
  static u32 used;
  char *bytes = 0;
  u32 length = 0;
  proxy_get_buffer_bytes(7, 0, -1, &bytes, &length);
  if (used < ROOTS && length <= sizeof room[0]) {
    for (u32 i = 0; i < length; i++) room[used][i] = bytes[i];
    configurations[used].root = root;
    configurations[used].rules = (struct text){room[used], length};
    used++;
  }
  call3("configure", root, size, -1);
  return run(root, 2, "configure", 0, 1);
}

#define ROOT(name, number)                   \
  EXPORT(proxy_on_##name)                    \
  void on_##name(u32 id) {                   \
    call3(#name, id, -1, -1);                \
    run(id, number, #name, 0, 0);            \
  }
#define TOLD(name, number)                   \
  EXPORT(proxy_on_##name)                    \
  void on_##name(u32 id, u32 a) {            \
    call3(#name, id, a, -1);                 \
    run(id, number, #name, 0, 0);            \
  }
#define TWO(name, number)                    \
  EXPORT(proxy_on_##name)                    \
  u32 on_##name(u32 id, u32 a) {             \
    call3(#name, id, a, -1);                 \
    return run(id, number, #name, 0, 0);     \
  }
#define THREE(name, number)                  \
  EXPORT(proxy_on_##name)                    \
  u32 on_##name(u32 id, u32 a, u32 end) {    \
    call3(#name, id, a, end);                \
    return run(id, number, #name, end, 0);   \
  }

ROOT(tick, 3)
TOLD(queue_ready, 4)
THREE(request_headers, 5)
THREE(request_body, 6)
TWO(request_trailers, 7)
THREE(response_headers, 8)
THREE(response_body, 9)
TWO(response_trailers, 10)
TWO(request_metadata, 11)
TWO(response_metadata, 12)
THREE(downstream_data, 14)
THREE(upstream_data, 15)
TOLD(downstream_connection_close, 16)
TOLD(upstream_connection_close, 17)

EXPORT(proxy_on_new_connection)
u32 on_new_connection(u32 id) {
  call3("new_connection", id, -1, -1);
  return run(id, 13, "new_connection", 0, 0);
}

EXPORT(proxy_on_http_call_response)
void on_http_call_response(u32 root, u32 call, u32 headers, u32 body, u32 trailers) {
  (void)call;
  call3("http_call_response", root, headers, body);
  say(" trailers ");
  say_number(trailers);
  run(root, 18, "http_call_response", 0, 0);
}

EXPORT(proxy_on_foreign_function)
void on_foreign_function(u32 root, u32 id, u32 size) {
  call3("foreign_function", root, id, size);
  run(root, 19, "foreign_function", 0, 0);
}

EXPORT(proxy_on_done)
u32 on_done(u32 id) {
  call3("done", id, -1, -1);
  return run(id, 20, "done", 0, 1);
}

ROOT(log, 21)
ROOT(delete, 22)
