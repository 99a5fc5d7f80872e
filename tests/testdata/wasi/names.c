/* Renaming and linking, every kind of thing to every kind of thing; trailing slashes; directories that are not empty. */
#include "check.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void file(const char *name, const char *text) {
  int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  CHECK(fd >= 0);
  CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  CHECK(close(fd) == 0);
}

static int is(const char *name, const char *text) {
  char buffer[64] = {0};
  int fd = open(name, O_RDONLY);
  if (fd < 0) return 0;
  ssize_t size = read(fd, buffer, sizeof buffer - 1);
  close(fd);
  return size >= 0 && strcmp(buffer, text) == 0;
}

static nlink_t links(const char *name) {
  struct stat stat;
  return lstat(name, &stat) == 0 ? stat.st_nlink : 0;
}

static void renames(void) {
  file("a", "A");
  file("b", "B");
  CHECK(mkdir("empty", 0700) == 0);
  CHECK(mkdir("full", 0700) == 0);
  CHECK(mkdir("full/inner", 0700) == 0);
  file("full/file", "F");

  CHECK(rename("a", "a") == 0);
  CHECK(rename("a", "b") == 0);
  CHECK(is("b", "A"));
  FAILS(access("a", F_OK), ENOENT);
  FAILS(rename("a", "c"), ENOENT);
  FAILS(rename("b", "empty"), EISDIR);
  FAILS(rename("empty", "b"), ENOTDIR);
  FAILS(rename("empty", "full"), ENOTEMPTY);
  CHECK(rename("full", "empty") == 0);
  CHECK(is("empty/file", "F"));
  FAILS(access("full", F_OK), ENOENT);
  FAILS(rename("empty", "empty/inner/x"), EINVAL);
  FAILS(rename("b", "b/x"), ENOTDIR);
  FAILS(rename("b", "none/x"), ENOENT);
  CHECK(rename("b", "empty/b") == 0);
  CHECK(is("empty/b", "A"));
  CHECK(rename("empty/", "moved") == 0);
  CHECK(rename("moved", "again/") == 0);
  FAILS(rename("again/b/", "b"), ENOTDIR);
  FAILS(rename("again/b", "b/"), ENOTDIR || errno == ENOENT);

  /* A directory stays the same one under its descriptor. */
  int dir = open("again", O_RDONLY | O_DIRECTORY);
  CHECK(dir >= 0);
  CHECK(rename("again", "elsewhere") == 0);
  CHECK(faccessat(dir, "file", F_OK, 0) == 0);
  CHECK(renameat(dir, "b", dir, "bb") == 0);
  CHECK(is("elsewhere/bb", "A"));
  CHECK(close(dir) == 0);
}

static void linking(void) {
  file("one", "1");
  CHECK(link("one", "two") == 0);
  CHECK(links("one") == 2);
  file("two", "2");
  CHECK(is("one", "2"));
  FAILS(link("one", "two"), EEXIST);
  FAILS(link("none", "three"), ENOENT);
  FAILS(link("elsewhere", "three"), EPERM || errno == EACCES);
  FAILS(link("one", "none/three"), ENOENT);
  FAILS(link("one", "one/three"), ENOTDIR);
  FAILS(link("one/", "three"), ENOTDIR);
  FAILS(link("one", "three/"), ENOENT || errno == ENOTDIR);
  CHECK(unlink("one") == 0);
  CHECK(links("two") == 1);
  CHECK(rename("two", "elsewhere/two") == 0);
  CHECK(is("elsewhere/two", "2"));
}

static void removing(void) {
  FAILS(rmdir("elsewhere"), ENOTEMPTY);
  FAILS(unlink("elsewhere"), EISDIR || errno == EPERM);
  FAILS(rmdir("elsewhere/two"), ENOTDIR);
  FAILS(unlink("elsewhere/two/"), ENOTDIR);
  FAILS(unlink("none"), ENOENT);
  FAILS(rmdir("none"), ENOENT);
  FAILS(mkdir("elsewhere/two/x", 0700), ENOTDIR);
  FAILS(mkdir("none/x", 0700), ENOENT);
  CHECK(mkdir("slash/", 0700) == 0);
  CHECK(rmdir("slash/") == 0);
  CHECK(unlink("elsewhere/two") == 0);
  CHECK(unlink("elsewhere/bb") == 0);
  CHECK(unlink("elsewhere/file") == 0);
  CHECK(rmdir("elsewhere/inner") == 0);
  CHECK(rmdir("elsewhere") == 0);
  FAILS(open("new/", O_CREAT | O_WRONLY, 0600), EISDIR || errno == ENOENT || errno == EINVAL);
}

int main(int argc, char **argv) {
  START(argc, argv);
  renames();
  linking();
  removing();
  FINISH();
}
