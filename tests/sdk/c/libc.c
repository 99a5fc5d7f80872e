/* A plugin with a C library: environment, clocks, random bytes and stdout by way of WASI. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "proxy_wasm.h"

EXPORT(proxy_abi_version_0_2_1)
void abi_version(void) {}

/* The library's own, under the name that hosts look for. */
EXPORT(proxy_on_memory_allocate)
void *allocate(unsigned long size) { return malloc(size); }

EXPORT(proxy_on_vm_start)
u32 on_vm_start(u32 root, u32 size) {
  (void)root, (void)size;
  const char *greeting = getenv("GREETING");
  printf("greeting: %s\n", greeting ? greeting : "none");
  fprintf(stderr, "to stderr\n");
  return 1;
}

EXPORT(proxy_on_request_headers)
u32 on_request_headers(u32 id, u32 headers, u32 end) {
  (void)id, (void)headers, (void)end;
  struct timespec now, later;
  unsigned char bytes[32] = {0};
  clock_gettime(CLOCK_REALTIME, &now);
  clock_gettime(CLOCK_MONOTONIC, &later);
  int random = getentropy(bytes, sizeof bytes), some = 0;
  for (u32 i = 0; i < sizeof bytes; i++) some |= bytes[i];
  printf("time: %d, random: %d\n", now.tv_sec > 1600000000, random == 0 && some != 0);
  printf("two lines\nin one write\n");
  fflush(stdout);
  return 0;
}
