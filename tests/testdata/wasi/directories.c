/* Directories with many entries: cookies, places that are returned to, entries that go while others are read. */
#include "check.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES 64

static void make(int at) {
  char name[64];
  snprintf(name, sizeof name, "many/an-entry-with-a-longer-name-%d", at);
  int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
  CHECK(fd >= 0);
  CHECK(close(fd) == 0);
}

/* Reads `dir` to its end, each entry once. */
static int count(DIR *dir) {
  int seen[ENTRIES] = {0}, others = 0, number;
  struct dirent *entry;
  while ((entry = readdir(dir))) {
    if (sscanf(entry->d_name, "an-entry-with-a-longer-name-%d", &number) == 1) {
      CHECK(seen[number]++ == 0);
      CHECK(entry->d_type == DT_REG);
      others += 100;
    } else
      others++;
  }
  return others;
}

int main(int argc, char **argv) {
  START(argc, argv);
  CHECK(mkdir("many", 0700) == 0);
  FAILS(mkdir("many", 0700), EEXIST);
  for (int i = 0; i < ENTRIES; i++) make(i);

  DIR *dir = opendir("many");
  CHECK(dir != NULL);
  CHECK(count(dir) == ENTRIES * 100 + 2);
  rewinddir(dir);
  CHECK(count(dir) == ENTRIES * 100 + 2);

  /* Back to a place in the middle: the same entry follows. */
  rewinddir(dir);
  for (int i = 0; i < ENTRIES / 2; i++) CHECK(readdir(dir) != NULL);
  long place = telldir(dir);
  char after[256];
  struct dirent *entry = readdir(dir);
  CHECK(entry != NULL);
  strcpy(after, entry->d_name);
  while (readdir(dir)) continue;
  seekdir(dir, place);
  entry = readdir(dir);
  CHECK(entry != NULL && strcmp(entry->d_name, after) == 0);

  FAILS(rmdir("many"), ENOTEMPTY);

  /* Each entry is removed as it is read. */
  rewinddir(dir);
  int removed = 0;
  while ((entry = readdir(dir))) {
    if (entry->d_name[0] == '.') continue;
    CHECK(unlinkat(dirfd(dir), entry->d_name, 0) == 0);
    removed++;
  }
  CHECK(removed == ENTRIES);
  CHECK(closedir(dir) == 0);
  CHECK(rmdir("many") == 0);
  CHECK(opendir("many") == NULL && errno == ENOENT);
  CHECK(opendir("file") == NULL && errno == ENOENT);
  FINISH();
}
