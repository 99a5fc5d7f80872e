/* What the test programs have in common: a check that failed is printed with its line, and makes the exit code 1. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int failures;

/* Goes to the folder that is the first argument, if there is one. */
#define START(argc, argv) \
  if ((argc) > 1) CHECK(chdir((argv)[1]) == 0)

/* `condition` holds. */
#define CHECK(condition)                                                    \
  do {                                                                      \
    errno = 0;                                                              \
    if (!(condition)) {                                                     \
      printf("%s:%d: not so: %s (%s)\n", __FILE_NAME__, __LINE__, #condition, \
             strerror(errno));                                              \
      failures++;                                                           \
    }                                                                       \
  } while (0)

/* `call` fails with `number`, which may be several that runtimes differ in: FAILS(call, EPERM || errno == ENOTDIR). */
#define FAILS(call, number)                                                  \
  do {                                                                       \
    errno = 0;                                                               \
    long result = (call);                                                    \
    if (result != -1 || !(errno == number)) {                                \
      printf("%s:%d: %s gave %ld (%s), expected %s\n", __FILE_NAME__,        \
             __LINE__, #call, result, strerror(errno), #number);             \
      failures++;                                                            \
    }                                                                        \
  } while (0)

#define FINISH() return failures != 0
