/* A keeper program that says it is a newer one, and ends the first time that it is to be one; from then on it is `real`,
 * beside it. For tests/survive_test.py. */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  char path[PATH_MAX + 8];
  ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
  if (argc == 3 && strcmp(argv[1], "--check") == 0) {
    puts("troupe keeper 1 9");
    return 0;
  }
  if (n <= 0)
    return 4;
  path[n] = '\0';
  if (chdir(dirname(path)) != 0)
    return 4;
  if (open("once", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600) >= 0)
    return 3;
  execv("./real", argv);
  return 5;
}
