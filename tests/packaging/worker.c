/* A program for roots that hold nothing else: says who it is, makes orphans, fails or waits. Linked statically. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void tell_who(void) {
  gid_t groups[64];
  int count = getgroups(64, groups);
  printf("uid %d gid %d groups", (int)getuid(), (int)getgid());
  for (int i = 0; i < count; ++i)
    printf(" %d", (int)groups[i]);
  printf(" home %s\n", getenv("HOME") ? getenv("HOME") : "none");
}

/* Whose parent ends before they do: process 1 has to reap them. */
static void make_orphans(int count) {
  for (int i = 0; i < count; ++i)
    if (fork() == 0) {
      usleep(1000000);
      _exit(0);
    }
}

int main(int count, char **words) {
  const char *what = count > 1 ? words[1] : "wait";
  if (strcmp(what, "fail") == 0)
    return 3;
  if (strcmp(what, "orphans") == 0) {
    make_orphans(atoi(words[2]));
    return 0;
  }
  if (strcmp(what, "who") == 0)
    tell_who();
  fflush(stdout);
  for (;;)
    pause();
}
