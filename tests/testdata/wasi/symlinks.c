/* Symlinks: dangling, looping, in the middle of paths, with slashes behind them, and out of the directory. */
#include "check.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int kind(const char *name, int follow) {
  struct stat stat;
  int result = follow ? fstatat(AT_FDCWD, name, &stat, 0) : lstat(name, &stat);
  if (result != 0) return -errno;
  return S_ISLNK(stat.st_mode) ? 'l' : S_ISDIR(stat.st_mode) ? 'd' : 'f';
}

int main(int argc, char **argv) {
  START(argc, argv);
  char target[64] = {0};
  CHECK(mkdir("dir", 0700) == 0);
  int fd = open("dir/file", O_CREAT | O_WRONLY, 0600);
  CHECK(write(fd, "text", 4) == 4 && close(fd) == 0);

  CHECK(symlink("dir/file", "to-file") == 0);
  CHECK(symlink("dir", "to-dir") == 0);
  CHECK(symlink("none", "dangling") == 0);
  CHECK(symlink("loop-b", "loop-a") == 0);
  CHECK(symlink("loop-a", "loop-b") == 0);
  CHECK(symlink("../dir/file", "dir/back") == 0);
  FAILS(symlink("x", "dangling"), EEXIST);
  FAILS(symlink("x", "none/x"), ENOENT);

  CHECK(readlink("to-file", target, sizeof target) == 8);
  CHECK(strcmp(target, "dir/file") == 0);
  FAILS(readlink("dir", target, sizeof target), EINVAL);
  FAILS(readlink("none", target, sizeof target), ENOENT);

  CHECK(kind("to-file", 1) == 'f' && kind("to-file", 0) == 'l');
  CHECK(kind("to-dir", 1) == 'd' && kind("to-dir", 0) == 'l');
  CHECK(kind("to-dir/", 0) == 'd');
  CHECK(kind("to-dir/file", 0) == 'f');
  CHECK(kind("dir/back", 1) == 'f');
  CHECK(kind("dangling", 0) == 'l' && kind("dangling", 1) == -ENOENT);
  CHECK(kind("loop-a", 0) == 'l' && kind("loop-a", 1) == -ELOOP);
  CHECK(kind("loop-a/x", 0) == -ELOOP);
  CHECK(kind("to-file/", 1) == -ENOTDIR);

  FAILS(open("to-file", O_RDONLY | O_NOFOLLOW), ELOOP);
  FAILS(open("dangling", O_RDONLY), ENOENT);
  FAILS(open("dangling", O_CREAT | O_EXCL | O_WRONLY, 0600), EEXIST);
  FAILS(open("loop-a", O_RDONLY), ELOOP);
  FAILS(open("to-file", O_RDONLY | O_DIRECTORY), ENOTDIR);
  fd = open("dangling", O_CREAT | O_WRONLY, 0600);
  CHECK(fd >= 0 && close(fd) == 0);
  CHECK(kind("none", 1) == 'f');
  fd = open("to-dir/file", O_RDONLY | O_NOFOLLOW);
  CHECK(fd >= 0 && close(fd) == 0);

  CHECK(rename("to-file", "renamed") == 0);
  CHECK(kind("renamed", 0) == 'l' && kind("dir/file", 0) == 'f');
  FAILS(rmdir("to-dir"), ENOTDIR);
  CHECK(unlink("to-dir") == 0);
  CHECK(kind("dir/file", 0) == 'f');
  CHECK(unlink("loop-a") == 0 && unlink("dangling") == 0);

  /* Out of the directory that the program was given, or to something that is not there: nothing is found. */
  CHECK(symlink("../../../../../../../../etc/passwd", "out") == 0);
  CHECK(open("out", O_RDONLY) == -1);
  CHECK(open("../etc/passwd", O_RDONLY) == -1);
  CHECK(open("dir/../../../../etc/passwd", O_RDONLY) == -1);
  FINISH();
}
