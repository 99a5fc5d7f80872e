/* A small `wc`: lines, words and bytes of its files, or of what comes in; with -o FILE the result goes there. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int count(FILE *in, FILE *out, const char *name) {
  long lines = 0, words = 0, bytes = 0;
  int inside = 0;
  for (int c; (c = getc(in)) != EOF; bytes++) {
    lines += c == '\n';
    words += !isspace(c) && !inside;
    inside = !isspace(c);
  }
  fprintf(out, "%ld %ld %ld %s\n", lines, words, bytes, name);
  return ferror(in) || ferror(out);
}

int main(int argc, char **argv) {
  FILE *out = stdout;
  int at = 1, status = 0;
  if (argc > 2 && strcmp(argv[1], "-o") == 0) {
    out = fopen(argv[2], "w");
    at = 3;
    if (!out) {
      fprintf(stderr, "count: %s: %s\n", argv[2], strerror(errno));
      return 2;
    }
  }
  if (at == argc) status = count(stdin, out, "-");
  for (; at < argc; at++) {
    FILE *in = fopen(argv[at], "r");
    if (!in) {
      fprintf(stderr, "count: %s: %s\n", argv[at], strerror(errno));
      status = 1;
      continue;
    }
    status |= count(in, out, argv[at]);
    fclose(in);
  }
  return fclose(out) == 0 ? status : 2;
}
