// A program of tests/keeper_test.py: writes numbered lines LIFE:NUMBER:SIZE:xxx in pieces and exits by itself with a status
// that slot and life determine, after it has noted in FOLDER/ends how many they were. Notes in FOLDER/faults if it is the
// second copy, or cannot write. FOLDER SLOT LIFE MEAN_MS
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static const char* folder;
static volatile sig_atomic_t asked;
static void ask(int signo) { asked = signo; }

static void note(const char* file, const char* text) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, file);
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, text, strlen(text)) < 0)
    _exit(98);
  close(fd);
}

static void fault(const char* what, const char* slot, const char* life) {
  char text[256];
  snprintf(text, sizeof text, "%s slot %s life %s errno %d\n", what, slot, life, errno);
  note("faults", text);
  _exit(99);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char** argv) {
  if (argc < 5)
    return 97;
  folder = argv[1];
  const char *slot = argv[2], *life = argv[3];
  double mean = atof(argv[4]);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = ask;
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, NULL);
  char path[4096];
  snprintf(path, sizeof path, "%s/lock.%s", folder, slot);
  int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0)
    fault("second copy", slot, life);
  unsigned seed = (unsigned)atoi(slot) * 7919U + (unsigned)atoi(life) * 104729U + 1U;
  double end = now() + mean * (0.1 + 1.8 * (rand_r(&seed) % 1000) / 1000.0);
  static char line[32768];
  long number = 0;
  while (!asked && now() < end) {
    int kind = rand_r(&seed) % 20;
    int size = kind == 0 ? rand_r(&seed) % 20000 : kind < 8 ? rand_r(&seed) % 6 : rand_r(&seed) % 200;
    int head = snprintf(line, sizeof line, "%s:%ld:%d:", life, number, size);
    memset(line + head, 'x', (size_t)size);
    line[head + size] = '\n';
    for (int at = 0, all = head + size + 1; at < all;) {
      int piece = 1 + rand_r(&seed) % all;
      ssize_t n = write(1, line + at, (size_t)(piece < all - at ? piece : all - at));
      if (n < 0 && errno != EINTR)
        fault("write", slot, life);
      if (n > 0)
        at += (int)n;
    }
    ++number;
    if (number % 8 == 0)
      usleep((useconds_t)(rand_r(&seed) % 4000));
  }
  int status = (atoi(slot) * 7 + atoi(life) * 3) % 90;
  char text[128];
  snprintf(text, sizeof text, "%s %s %ld %d\n", slot, life, number, status);
  note("ends", text);
  return status;
}
