/* What the standard streams are (with "kinds" no more than that), what there is of time, and a poll of what comes in. */
#include "check.h"
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *kind(int fd) {
  struct stat stat;
  if (fstat(fd, &stat) != 0) return strerror(errno);
  return S_ISREG(stat.st_mode)   ? "file"
         : S_ISCHR(stat.st_mode) ? "device"
         : S_ISDIR(stat.st_mode) ? "directory"
                                 : "other";
}

static long long now(clockid_t clock) {
  struct timespec time;
  CHECK(clock_gettime(clock, &time) == 0);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv) {
  for (int fd = 0; fd < 3; fd++) {
    printf("%d: %s%s\n", fd, kind(fd), isatty(fd) ? ", a terminal" : "");
  }
  if (argc > 1 && strcmp(argv[1], "kinds") == 0) return 0;
  FAILS(lseek(0, 0, SEEK_CUR), ESPIPE || errno == ENOTCAPABLE);

  long long before = now(CLOCK_MONOTONIC);
  struct timespec nap = {0, 20000000};
  CHECK(nanosleep(&nap, NULL) == 0);
  CHECK(now(CLOCK_MONOTONIC) - before >= 20000000);
  CHECK(now(CLOCK_REALTIME) > 1600000000000000000LL);

  char text[64];
  int total = 0;
  for (;;) {
    struct pollfd one = {.fd = 0, .events = POLLIN};
    CHECK(poll(&one, 1, 10000) == 1);
    ssize_t size = read(0, text, sizeof text);
    CHECK(size >= 0);
    if (size <= 0) break;
    total += size;
  }
  printf("read %d bytes; %s=%s\n", total, argc > 1 ? argv[1] : "",
         argc > 1 && getenv(argv[1]) ? getenv(argv[1]) : "");
  fprintf(stderr, "done\n");
  FINISH();
}
