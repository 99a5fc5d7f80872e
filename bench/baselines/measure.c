/*
 * Runs a command to its end and prints its wall time in nanoseconds and its greatest resident size in KiB. The command's
 * output goes to /dev/null. A small program for this, because a child counts its parent's pages until it execs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct timespec start, end;
  struct rusage usage;
  int status;
  if (argc < 2) return 2;
  clock_gettime(CLOCK_MONOTONIC, &start);
  pid_t child = vfork();
  if (child < 0) return 2;
  if (child == 0) {
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  if (wait4(child, &status, 0, &usage) != child) return 2;
  clock_gettime(CLOCK_MONOTONIC, &end);
  if (WIFSIGNALED(status)) {
    fprintf(stderr, "%s: ended by signal %d\n", argv[1], WTERMSIG(status));
    return 1;
  }
  if (WEXITSTATUS(status) != 0) return 1;
  printf("%lld %ld\n",
         (end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec -
             start.tv_nsec,
         usage.ru_maxrss);
  return 0;
}
