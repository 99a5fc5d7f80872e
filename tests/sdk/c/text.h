/* Texts without a C library: built in one buffer, read word by word. */
#ifndef TEXT_H
#define TEXT_H

#include "proxy_wasm.h"

/* A piece of memory that somebody else owns. */
struct text {
  const char *at;
  u32 size;
};

static inline struct text literal(const char *s) {
  u32 size = 0;
  while (s[size] != 0) size++;
  return (struct text){s, size};
}

static inline int same(struct text a, struct text b) {
  if (a.size != b.size) return 0;
  for (u32 i = 0; i < a.size; i++)
    if (a.at[i] != b.at[i]) return 0;
  return 1;
}

static inline int is(struct text a, const char *b) { return same(a, literal(b)); }

static inline struct text trimmed(struct text t) {
  while (t.size > 0 && (*t.at == ' ' || *t.at == '\n')) t.at++, t.size--;
  while (t.size > 0 && (t.at[t.size - 1] == ' ' || t.at[t.size - 1] == '\n')) t.size--;
  return t;
}

/* What stands before the first `separator`; `rest` is left at what follows it. */
static inline struct text until(struct text *rest, char separator) {
  u32 n = 0;
  while (n < rest->size && rest->at[n] != separator) n++;
  struct text found = {rest->at, n};
  u32 skip = n < rest->size ? n + 1 : n;
  rest->at += skip;
  rest->size -= skip;
  return found;
}

/* The next word. The word "" (two quotes) is the empty text. */
static inline struct text word(struct text *rest) {
  *rest = trimmed(*rest);
  struct text found = until(rest, ' ');
  return is(found, "\"\"") ? (struct text){found.at, 0} : found;
}

/* A number: decimal, perhaps negative, or hexadecimal after 0x. */
static inline u32 number(struct text t) {
  u32 value = 0, base = 10, negative = 0, i = 0;
  if (t.size > 0 && t.at[0] == '-') negative = 1, i = 1;
  if (t.size > 2 && t.at[0] == '0' && t.at[1] == 'x') base = 16, i = 2;
  for (; i < t.size; i++) {
    char c = t.at[i];
    value = value * base + (c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return negative ? -value : value;
}

static inline u32 next_number(struct text *rest) { return number(word(rest)); }

/* The line being built. */
static char line[4096];
static u32 line_size;

static inline void put(struct text t) {
  for (u32 i = 0; i < t.size && line_size < sizeof line; i++) line[line_size++] = t.at[i];
}

static inline void say(const char *s) { put(literal(s)); }

static inline void say_number(i64 n) {
  char digits[24];
  u32 at = sizeof digits;
  u64 rest = n < 0 ? -(u64)n : (u64)n;
  do digits[--at] = '0' + rest % 10;
  while ((rest /= 10) != 0);
  if (n < 0) digits[--at] = '-';
  put((struct text){digits + at, sizeof digits - at});
}

/* Bytes as a person reads them: printable ones as they are, others as \xx. */
static inline void say_bytes(const char *bytes, u32 size) {
  const char *hex = "0123456789abcdef";
  say("\"");
  for (u32 i = 0; i < size && i < 400; i++) {
    unsigned char c = bytes[i];
    char printable[1] = {(char)c};
    char escaped[3] = {'\\', hex[c >> 4], hex[c & 15]};
    if (c < 0x20 || c > 0x7e) put((struct text){escaped, 3});
    else put((struct text){printable, 1});
  }
  say(size > 400 ? "\"…" : "\"");
}

static inline void flush(u32 level) {
  u32 size = line_size;
  line_size = 0;
  proxy_log(level, line, size);
}

#endif
