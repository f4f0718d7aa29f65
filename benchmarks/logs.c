/* The log path in plain C: a child that writes, and the least that moves its bytes into a file rotated by size.
   logs feed SIZE TOTAL START REPORT: says on the FIFO REPORT that it is there (two zeros), waits for a byte from the
       FIFO START, writes TOTAL bytes to stdout, SIZE at a time, waits until the pipe is empty and writes to REPORT when
       it began and when it ended (two int64, ns, CLOCK_MONOTONIC).
   logs pump HOW PIPE BUFFER WAIT MAXBYTES BACKUPS DIR COUNT CMD [ARG...]: COUNT children, their output to DIR/I.
       HOW: read (read and write) or splice; PIPE: its size, 0 for the default; BUFFER: bytes at most at a time;
       WAIT: microseconds for small writes to gather before they are read. Ends on SIGTERM. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* -- the child ---------------------------------------------------------------------------------------------------- */

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int feed(size_t size, long long total, const char *start, const char *report) {
  char *text = malloc(size), byte;
  int64_t times[2] = {0, 0};
  int gate = open(start, O_RDONLY), out = open(report, O_WRONLY), waiting;
  if (gate < 0 || out < 0 || !text)
    fail("feed");
  for (size_t i = 0; i < size; i++)
    text[i] = i + 1 == size ? '\n' : (char)('a' + i % 26);
  if (write(out, times, sizeof times) != sizeof times || read(gate, &byte, 1) != 1)
    fail("start");
  times[0] = now();
  while (total > 0) {
    ssize_t n = write(1, text, total < (long long)size ? (size_t)total : size);
    if (n < 0)
      fail("write");
    total -= n;
  }
  while (ioctl(1, FIONREAD, &waiting) == 0 && waiting > 0)
    usleep(50);
  times[1] = now();
  return write(out, times, sizeof times) == sizeof times ? 0 : 1;
}

/* -- the pump ----------------------------------------------------------------------------------------------------- */

struct log {
  int pipe, file;
  char path[4000];
};

static size_t buffer_size;
static char *buffer;
static int wait_us, splicing, backups;
static long long max_bytes;

static int open_log(const char *path) { /* splice(2) refuses files that are open for appending */
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | (splicing ? 0 : O_APPEND), 0644);
  if (fd < 0)
    fail(path);
  return fd;
}

static void rotate(struct log *l) {
  char from[4096], to[4096];
  close(l->file);
  snprintf(to, sizeof to, "%s.%d", l->path, backups);
  unlink(to); /* ext4 writes out what is renamed over another file */
  for (int i = backups - 1; i >= 0; i--) {
    snprintf(from, sizeof from, i ? "%s.%d" : "%s", l->path, i);
    rename(from, to);
    strcpy(to, from);
  }
  l->file = open_log(l->path);
}

/* Bytes moved; 0 at the end, -1 where there is nothing. */
static ssize_t move(struct log *l) {
  ssize_t n;
  if (splicing)
    return splice(l->pipe, NULL, l->file, NULL, buffer_size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  n = read(l->pipe, buffer, buffer_size);
  for (ssize_t done = 0; done < n;) {
    ssize_t m = write(l->file, buffer + done, (size_t)(n - done));
    if (m < 0)
      fail("write");
    done += m;
  }
  return n;
}

static int start(char **command, long pipe_size) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC))
    fail("pipe");
  if (pipe_size && fcntl(fds[0], F_SETPIPE_SZ, pipe_size) < 0)
    fail("F_SETPIPE_SZ");
  fcntl(fds[0], F_SETFL, O_NONBLOCK);
  if (fork() == 0) {
    dup2(fds[1], 1);
    execv(command[0], command);
    _exit(127);
  }
  close(fds[1]);
  return fds[0];
}

static int pump(const char *dir, int count, long pipe_size, char **command) {
  struct log *logs = calloc((size_t)count, sizeof *logs);
  struct epoll_event ready[64];
  int set = epoll_create1(EPOLL_CLOEXEC), open_logs = count;
  for (int i = 0; i < count; i++) {
    struct log *l = &logs[i];
    snprintf(l->path, sizeof l->path, "%s/%d", dir, i);
    l->pipe = start(command, pipe_size);
    l->file = open_log(l->path);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = l};
    epoll_ctl(set, EPOLL_CTL_ADD, l->pipe, &e);
  }
  while (open_logs > 0) {
    int n = epoll_wait(set, ready, 64, -1);
    if (wait_us)
      usleep((useconds_t)wait_us);
    for (int i = 0; i < n; i++) {
      struct log *l = ready[i].data.ptr;
      ssize_t moved = move(l);
      if (moved > 0 && max_bytes && lseek(l->file, 0, SEEK_CUR) >= max_bytes)
        rotate(l);
      if (moved == 0) {
        close(l->pipe);
        open_logs--;
      }
      if (moved < 0 && errno != EAGAIN)
        fail("move");
    }
  }
  pause();
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 6 && !strcmp(argv[1], "feed"))
    return feed((size_t)atol(argv[2]), atoll(argv[3]), argv[4], argv[5]);
  if (argc > 10 && !strcmp(argv[1], "pump")) {
    splicing = !strcmp(argv[2], "splice");
    buffer_size = (size_t)atol(argv[4]);
    buffer = malloc(buffer_size);
    wait_us = atoi(argv[5]);
    max_bytes = atoll(argv[6]);
    backups = atoi(argv[7]);
    signal(SIGCHLD, SIG_IGN);
    return pump(argv[8], atoi(argv[9]), atol(argv[3]), argv + 10);
  }
  fprintf(stderr, "usage: logs feed SIZE TOTAL START REPORT | "
                  "logs pump read|splice PIPE BUFFER WAIT MAXBYTES BACKUPS DIR COUNT CMD [ARG...]\n");
  return 2;
}
