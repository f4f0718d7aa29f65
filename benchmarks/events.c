/* Both ends of the event listener protocol in plain C: a listener that is no bottleneck, and the least a daemon must do
   to hand prepared events to such listeners.
   events listen FILE:                   reads events on stdin and accepts each; FILE is a page shared with who measures.
   events dispatch FILE LISTENERS N SIZE: runs listeners on FILE and sends them N events with bodies of SIZE bytes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Written by listeners, all of one pool, and read by events.py and the system tests; 64-bit each. */
struct shared {
  long long go;       /* set by who measures: listeners say READY */
  long long received; /* events */
  long long first, last; /* CLOCK_MONOTONIC, ns: of the first READY, of the last event */
  long long disorder; /* events with a serial that is not above the one before, at the same listener */
  long long sum;      /* of all serials */
  long long bytes;    /* of all bodies */
};

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static struct shared *map(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT, 0666);
  if (fd < 0 || ftruncate(fd, 4096) != 0) {
    perror(path);
    exit(1);
  }
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return page;
}

static void all(ssize_t done, size_t wanted) {
  if (done != (ssize_t)wanted)
    exit(1);
}

static void wait_go(struct shared *s) {
  while (!__atomic_load_n(&s->go, __ATOMIC_ACQUIRE))
    usleep(500);
  long long none = 0;
  __atomic_compare_exchange_n(&s->first, &none, now_ns(), 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static int listen_on(const char *path) {
  static char buffer[1 << 20];
  struct shared *s = map(path);
  size_t have = 0;
  long long before = -1;
  wait_go(s);
  all(write(1, "READY\n", 6), 6);
  for (;;) {
    char *end;
    while (!(end = memchr(buffer, '\n', have))) {
      ssize_t n = read(0, buffer + have, sizeof buffer - have);
      if (n <= 0)
        return 0;
      have += (size_t)n;
    }
    *end = 0;
    char *serial = strstr(buffer, " serial:"), *length = strstr(buffer, " len:");
    if (!serial || !length)
      return 1;
    long long number = atoll(serial + 8);
    size_t size = (size_t)atoll(length + 5), whole = (size_t)(end + 1 - buffer) + size;
    while (have < whole) {
      ssize_t n = read(0, buffer + have, sizeof buffer - have);
      if (n <= 0)
        return 0;
      have += (size_t)n;
    }
    memmove(buffer, buffer + whole, have -= whole);
    if (number <= before)
      __atomic_add_fetch(&s->disorder, 1, __ATOMIC_RELAXED);
    before = number;
    __atomic_add_fetch(&s->sum, number, __ATOMIC_RELAXED);
    __atomic_add_fetch(&s->bytes, (long long)size, __ATOMIC_RELAXED);
    __atomic_store_n(&s->last, now_ns(), __ATOMIC_RELAXED);
    __atomic_add_fetch(&s->received, 1, __ATOMIC_RELEASE);
    all(write(1, "RESULT 2\nOKREADY\n", 17), 17);
  }
}

struct listener {
  pid_t pid;
  int in, out;
};

static void start(struct listener *l, const char *self, const char *path) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
    exit(1);
  if ((l->pid = vfork()) == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    execl(self, self, "listen", path, (char *)NULL);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  l->in = in[1];
  l->out = out[0];
}

static int dispatch(const char *self, const char *path, int listeners, long count, int size) {
  struct listener *l = calloc((size_t)listeners, sizeof *l);
  char **events = calloc((size_t)count, sizeof *events), *body = malloc((size_t)size + 1);
  int *lengths = calloc((size_t)count, sizeof *lengths);
  memset(body, 'x', (size_t)size);
  body[size] = 0;
  for (long i = 0; i < count; i++)
    lengths[i] = asprintf(&events[i],
                          "ver:3.0 server:supervisor serial:%ld pool:l poolserial:%ld "
                          "eventname:REMOTE_COMMUNICATION len:%d\n%s",
                          i, i, size, body);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < listeners; i++) {
    start(&l[i], self, path);
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = (unsigned)i};
    epoll_ctl(epoll, EPOLL_CTL_ADD, l[i].out, &e);
  }
  puts("ready");
  fflush(stdout);
  long sent = 0, done = 0;
  while (done < count) {
    struct epoll_event ready[64];
    int n = epoll_wait(epoll, ready, 64, -1);
    for (int i = 0; i < n; i++) {
      struct listener *from = &l[ready[i].data.u32];
      char answer[64];
      ssize_t size_read = read(from->out, answer, sizeof answer);
      if (size_read <= 0)
        return 1;
      if (memcmp(answer, "RESULT 2\nOK", 11) == 0)
        done++;
      if (sent < count) {
        all(write(from->in, events[sent], (size_t)lengths[sent]), (size_t)lengths[sent]);
        sent++;
      }
    }
  }
  for (int i = 0; i < listeners; i++)
    close(l[i].in);
  for (int i = 0; i < listeners; i++)
    waitpid(l[i].pid, NULL, 0);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "listen") == 0)
    return listen_on(argv[2]);
  if (argc == 6 && strcmp(argv[1], "dispatch") == 0)
    return dispatch(argv[0], argv[2], atoi(argv[3]), atol(argv[4]), atoi(argv[5]));
  fprintf(stderr, "usage: %s listen FILE | dispatch FILE LISTENERS N SIZE\n", argv[0]);
  return 2;
}
