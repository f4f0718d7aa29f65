/* `tail -f` in plain C: who writes, who follows, and the least that can stand between them.
   control stamp MICROSECONDS           writes a line with the time to stdout, every so often
   control follow ADDRESS TARGET COUNT  GETs TARGET and prints median and p99, in microseconds, of the age of COUNT
                                        such lines on arrival
   control relay ADDRESS LOG CMD...     the limit: runs CMD, copies its pipe into LOG, and what inotify says has
                                        arrived there to the one client */
#include "net.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

_Noreturn static void stamp(long microseconds) {
  struct timespec pause = {microseconds / 1000000, microseconds % 1000000 * 1000};
  for (;;) {
    char line[64];
    nanosleep(&pause, NULL);
    int size = sprintf(line, "@%" PRId64 "\n", now_ns());
    write_all(1, line, (size_t)size);
  }
}

static int follow(const char *address, const char *target, size_t count) {
  char request[1024], bytes[65536];
  size_t have = 0;
  struct samples ages = {0};
  int fd = connect_to(address);
  int64_t began = now_ns();
  int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
  write_all(fd, request, (size_t)size);
  while (ages.count < count) {
    ssize_t n = read(fd, bytes + have, sizeof bytes - 1 - have);
    int64_t now = now_ns();
    must(n > 0, "the stream ended");
    have += (size_t)n;
    bytes[have] = 0;
    char *at = bytes;
    for (char *mark; (mark = strchr(at, '@')) && strchr(mark, '\n'); at = mark + 1) {
      int64_t written = strtoll(mark + 1, NULL, 10);
      if (written > began) /* older lines were in the log before */
        add_sample(&ages, now - written);
    }
    char *rest = strchr(at, '@');
    have = rest ? strlen(rest) : 0;
    memmove(bytes, rest ? rest : bytes, have);
  }
  printf("%.6g %.6g\n", percentile(&ages, 0.5), percentile(&ages, 0.99));
  return 0;
}

static int start(char **command) {
  int out[2];
  must(pipe(out) == 0, "pipe");
  pid_t pid = vfork();
  must(pid >= 0, "vfork");
  if (pid == 0) {
    dup2(out[1], 1);
    close(out[0]);
    close(out[1]);
    execv(command[0], command);
    _exit(127);
  }
  close(out[1]);
  return out[0];
}

_Noreturn static void relay(const char *address, const char *path, char **command) {
  static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
  char bytes[65536];
  int door = listen_on(address), client = -1;
  int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), back = open(path, O_RDONLY | O_CLOEXEC);
  int watch = inotify_init1(IN_CLOEXEC), poll = epoll_create1(EPOLL_CLOEXEC), pipe = start(command);
  must(log >= 0 && back >= 0 && inotify_add_watch(watch, path, IN_MODIFY) >= 0, path);
  int fds[] = {door, watch, pipe};
  for (int i = 0; i < 3; i++) {
    struct epoll_event event = {EPOLLIN, {.fd = fds[i]}};
    epoll_ctl(poll, EPOLL_CTL_ADD, fds[i], &event);
  }
  for (;;) {
    struct epoll_event ready;
    if (epoll_wait(poll, &ready, 1, -1) < 1)
      continue;
    if (ready.data.fd == door) {
      if (client >= 0)
        close(client);
      client = accept4(door, NULL, NULL, SOCK_CLOEXEC);
      no_delay(client);
      if (read(client, bytes, sizeof bytes) > 0) {
        write_all(client, head, sizeof head - 1);
      } else { /* only looked whether anybody is here */
        close(client);
        client = -1;
      }
    } else if (ready.data.fd == pipe) {
      ssize_t n = read(pipe, bytes, sizeof bytes);
      must(n > 0, "the child ended");
      write_all(log, bytes, (size_t)n);
    } else {
      must(read(watch, bytes, sizeof bytes) > 0, "inotify");
      for (ssize_t n; (n = read(back, bytes, sizeof bytes)) > 0;)
        if (client >= 0 && send(client, bytes, (size_t)n, MSG_NOSIGNAL) != n) {
          close(client);
          client = -1;
        }
    }
  }
}

int tail_main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (argc == 3 && !strcmp(what, "stamp"))
    stamp(atol(argv[2]));
  if (argc == 5 && !strcmp(what, "follow"))
    return follow(argv[2], argv[3], (size_t)atol(argv[4]));
  if (argc > 4 && !strcmp(what, "relay"))
    relay(argv[2], argv[3], argv + 4);
  fprintf(stderr, "usage: see the heads of benchmarks/control.c and benchmarks/tail.c\n");
  return 2;
}
