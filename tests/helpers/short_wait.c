// Preloaded, it makes whoever waits for a signal for minutes wait for as many tenths of a second. Must not touch shorter
// waits. For: tests/survive_test.py.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <time.h>

int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *most) {
  int (*next)(const sigset_t *, siginfo_t *, const struct timespec *) =
      (int (*)(const sigset_t *, siginfo_t *, const struct timespec *))dlsym(RTLD_NEXT, "sigtimedwait");
  struct timespec less = *most;
  if (less.tv_sec >= 60) {
    long tenths = less.tv_sec / 60;
    less.tv_sec = tenths / 10;
    less.tv_nsec = tenths % 10 * 100000000;
  }
  return next(set, info, &less);
}
