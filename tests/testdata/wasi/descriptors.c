/* Descriptors that are moved, preopens among them, and rights that only shrink. Uses WASI's own names. */
#include "check.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

static __wasi_rights_t rights(int fd, __wasi_rights_t *inheriting) {
  __wasi_fdstat_t stat;
  CHECK(__wasi_fd_fdstat_get(fd, &stat) == 0);
  if (inheriting) *inheriting = stat.fs_rights_inheriting;
  return stat.fs_rights_base;
}

static void moving(void) {
  char byte = 0;
  int a = open("a", O_CREAT | O_RDWR, 0600);
  int b = open("b", O_CREAT | O_RDWR, 0600);
  CHECK(write(a, "A", 1) == 1 && write(b, "B", 1) == 1);
  CHECK(__wasi_fd_renumber(a, b) == 0);
  CHECK(pread(b, &byte, 1, 0) == 1 && byte == 'A');
  FAILS(pread(a, &byte, 1, 0), EBADF);
  CHECK(__wasi_fd_renumber(b, b) == 0);
  CHECK(__wasi_fd_renumber(99, b) == EBADF);
  CHECK(__wasi_fd_renumber(b, 99) == EBADF);
  CHECK(lseek(b, 0, SEEK_CUR) == 1);
  CHECK(close(b) == 0);
  CHECK(unlink("a") == 0 && unlink("b") == 0);
}

static void shrinking(void) {
  char byte;
  __wasi_rights_t all;
  int fd = open("s", O_CREAT | O_RDWR, 0600);
  CHECK(write(fd, "s", 1) == 1);
  __wasi_rights_t had = rights(fd, &all);
  CHECK(__wasi_fd_fdstat_set_rights(fd, had & ~__WASI_RIGHTS_FD_WRITE, all) == 0);
  /* C's library has other names for what a descriptor may not. */
  FAILS(write(fd, "x", 1), EBADF);
  CHECK(pread(fd, &byte, 1, 0) == 1);
  CHECK(__wasi_fd_fdstat_set_rights(fd, had, all) == ENOTCAPABLE);
  CHECK((rights(fd, NULL) & __WASI_RIGHTS_FD_WRITE) == 0);
  CHECK(__wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ, 0) == 0);
  FAILS(pread(fd, &byte, 1, 0), ESPIPE);
  FAILS(lseek(fd, 0, SEEK_SET), ESPIPE);
  FAILS(ftruncate(fd, 0), ENOTCAPABLE || errno == EBADF);
  CHECK(read(fd, &byte, 1) == 0);
  CHECK(close(fd) == 0);

  CHECK(mkdir("d", 0700) == 0);
  int dir = open("d", O_RDONLY | O_DIRECTORY);
  had = rights(dir, &all);
  CHECK(__wasi_fd_fdstat_set_rights(dir, had & ~__WASI_RIGHTS_PATH_CREATE_DIRECTORY,
                                    all & ~__WASI_RIGHTS_FD_WRITE) == 0);
  FAILS(mkdirat(dir, "x", 0700), ENOTCAPABLE);
  CHECK(unlink("s") == 0 && rmdir("d") == 0);
}

/* The preopen of this program becomes another number, and what is opened by path still works from there. */
static void preopens(void) {
  __wasi_prestat_t stat;
  int spare = open(".", O_RDONLY | O_DIRECTORY);
  CHECK(spare > 3);
  CHECK(__wasi_fd_prestat_get(3, &stat) == 0);
  CHECK(__wasi_fd_prestat_get(spare, &stat) == EBADF);
  CHECK(__wasi_fd_renumber(3, spare) == 0);
  CHECK(__wasi_fd_prestat_get(3, &stat) == EBADF);
  int fd = openat(spare, "p", O_CREAT | O_RDWR, 0600);
  CHECK(fd >= 0 && close(fd) == 0);
  CHECK(unlinkat(spare, "p", 0) == 0);
  FAILS(open("p", O_RDONLY), EBADF);
}

int main(int argc, char **argv) {
  moving();
  /* The others are what the specification says and wasmtime does not do. */
  if (argc > 1) shrinking();
  preopens();
  FINISH();
}
