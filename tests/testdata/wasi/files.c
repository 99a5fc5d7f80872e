/* Writing, appending, cutting and seeking in files, and their times. */
#include "check.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static off_t size_of(int fd) {
  struct stat stat;
  return fstat(fd, &stat) == 0 ? stat.st_size : -1;
}

static int holds(const char *name, const char *text) {
  char buffer[128] = {0};
  int fd = open(name, O_RDONLY);
  ssize_t size = read(fd, buffer, sizeof buffer);
  close(fd);
  return size == (ssize_t)strlen(text) && memcmp(buffer, text, size) == 0;
}

static void flags(void) {
  FAILS(open("f", O_RDONLY), ENOENT);
  int fd = open("f", O_CREAT | O_EXCL | O_RDWR, 0600);
  CHECK(fd >= 0);
  FAILS(open("f", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
  CHECK(write(fd, "abcdef", 6) == 6);
  int end = open("f", O_WRONLY | O_APPEND);
  CHECK(end >= 0);
  CHECK(write(end, "gh", 2) == 2);
  CHECK(write(fd, "GHI", 3) == 3);
  CHECK(write(end, "j", 1) == 1);
  CHECK(holds("f", "abcdefGHIj"));
  CHECK((fcntl(end, F_GETFL) & O_APPEND) != 0);
  CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0);
  CHECK(lseek(fd, 0, SEEK_SET) == 0);
  CHECK(write(fd, "k", 1) == 1);
  CHECK(holds("f", "abcdefGHIjk"));
  FAILS(read(end, (char[1]){0}, 1), EBADF || errno == ENOTCAPABLE);
  int reader = open("f", O_RDONLY);
  FAILS(write(reader, "x", 1), EBADF || errno == ENOTCAPABLE);
  CHECK(close(reader) == 0);
  CHECK(close(end) == 0);
  CHECK(close(fd) == 0);
  FAILS(close(fd), EBADF);
  fd = open("f", O_WRONLY | O_TRUNC);
  CHECK(size_of(fd) == 0);
  CHECK(close(fd) == 0);
  FAILS(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
  FAILS(open(".", O_WRONLY), EISDIR);
  FAILS(open("f/", O_RDONLY), ENOTDIR);
}

static void places(void) {
  int fd = open("f", O_RDWR | O_TRUNC);
  CHECK(write(fd, "0123456789", 10) == 10);
  CHECK(lseek(fd, -4, SEEK_END) == 6);
  CHECK(lseek(fd, -2, SEEK_CUR) == 4);
  char buffer[8] = {0};
  CHECK(read(fd, buffer, 2) == 2 && memcmp(buffer, "45", 2) == 0);
  FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
  CHECK(lseek(fd, 0, SEEK_CUR) == 6);
  CHECK(pread(fd, buffer, 3, 7) == 3 && memcmp(buffer, "789", 3) == 0);
  CHECK(pwrite(fd, "X", 1, 0) == 1);
  CHECK(lseek(fd, 0, SEEK_CUR) == 6);
  struct iovec parts[2] = {{"ab", 2}, {"c", 1}};
  CHECK(writev(fd, parts, 2) == 3);
  CHECK(holds("f", "X12345abc9"));
  CHECK(lseek(fd, 12, SEEK_SET) == 12);
  CHECK(read(fd, buffer, 1) == 0);
  CHECK(write(fd, "!", 1) == 1);
  CHECK(size_of(fd) == 13);
  CHECK(ftruncate(fd, 3) == 0);
  CHECK(holds("f", "X12"));
  CHECK(ftruncate(fd, 5) == 0);
  CHECK(size_of(fd) == 5);
  CHECK(fsync(fd) == 0);
  CHECK(fdatasync(fd) == 0);
  CHECK(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL) == 0);
  int grown = posix_fallocate(fd, 0, 9);
  CHECK(grown == 0 || grown == ENOTSUP);
  CHECK(size_of(fd) == (grown == 0 ? 9 : 5));
  CHECK(close(fd) == 0);
  /* Removed while it is open, it can still be used. */
  fd = open("f", O_RDWR);
  CHECK(unlink("f") == 0);
  CHECK(write(fd, "Y", 1) == 1);
  CHECK(pread(fd, buffer, 1, 0) == 1 && buffer[0] == 'Y');
  CHECK(close(fd) == 0);
}

static void times(void) {
  int fd = open("t", O_CREAT | O_RDWR, 0600);
  struct stat stat;
  struct timespec both[2] = {{1234567890, 123456789}, {7, 8}};
  CHECK(futimens(fd, both) == 0);
  CHECK(fstat(fd, &stat) == 0);
  CHECK(stat.st_atim.tv_sec == 1234567890 && stat.st_atim.tv_nsec == 123456789);
  CHECK(stat.st_mtim.tv_sec == 7 && stat.st_mtim.tv_nsec == 8);
  struct timespec one[2] = {{0, UTIME_OMIT}, {9, 10}};
  CHECK(utimensat(AT_FDCWD, "t", one, 0) == 0);
  CHECK(lstat("t", &stat) == 0);
  CHECK(stat.st_atim.tv_sec == 1234567890 && stat.st_mtim.tv_sec == 9);
  CHECK(fstatat(AT_FDCWD, "t", &stat, 0) == 0);
  CHECK(stat.st_mtim.tv_nsec == 10);
  CHECK(S_ISREG(stat.st_mode) && stat.st_nlink == 1);
  CHECK(symlink("t", "s") == 0);
  CHECK(utimensat(AT_FDCWD, "s", both, AT_SYMLINK_NOFOLLOW) == 0);
  CHECK(lstat("s", &stat) == 0 && stat.st_mtim.tv_sec == 7);
  CHECK(stat.st_size == 1 && S_ISLNK(stat.st_mode));
  CHECK(fstat(fd, &stat) == 0 && stat.st_mtim.tv_sec == 9);
  CHECK(write(fd, "x", 1) == 1);
  CHECK(fstat(fd, &stat) == 0 && stat.st_mtim.tv_sec > 1600000000);
  CHECK(close(fd) == 0);
  CHECK(unlink("s") == 0 && unlink("t") == 0);
}

int main(int argc, char **argv) {
  START(argc, argv);
  flags();
  places();
  times();
  FINISH();
}
