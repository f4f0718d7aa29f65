/* Sockets, clocks and percentiles for the C peers of the control plane's benchmarks. ADDRESS is HOST:PORT or the path
   of a unix socket. Errors end the program with a sentence: nothing here has to survive. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static inline void must(int good, const char *what) {
  if (!good) {
    fprintf(stderr, "bench_control: %s: %s\n", what, strerror(errno));
    exit(1);
  }
}

static inline int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* The socket, and what to connect or bind it to. */
static inline int open_socket(const char *address, struct sockaddr_storage *to, socklen_t *size) {
  memset(to, 0, sizeof *to);
  if (address[0] == '/') {
    struct sockaddr_un *at = (struct sockaddr_un *)to;
    at->sun_family = AF_UNIX;
    strncpy(at->sun_path, address, sizeof at->sun_path - 1);
    *size = sizeof *at;
  } else {
    struct sockaddr_in *at = (struct sockaddr_in *)to;
    const char *colon = strrchr(address, ':');
    must(colon != NULL, address);
    at->sin_family = AF_INET;
    at->sin_port = htons((uint16_t)atoi(colon + 1));
    at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *size = sizeof *at;
  }
  int fd = socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(fd >= 0, "socket");
  return fd;
}

static inline void no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* means nothing to a unix socket */
}

static inline int connect_to(const char *address) {
  struct sockaddr_storage to;
  socklen_t size;
  int fd = open_socket(address, &to, &size);
  must(connect(fd, (struct sockaddr *)&to, size) == 0, address);
  no_delay(fd);
  return fd;
}

static inline int listen_on(const char *address) {
  struct sockaddr_storage to;
  socklen_t size;
  int fd = open_socket(address, &to, &size), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  must(bind(fd, (struct sockaddr *)&to, size) == 0 && listen(fd, 128) == 0, address);
  return fd;
}

static inline void write_all(int fd, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = write(fd, bytes, count);
    must(sent > 0 || errno == EINTR, "write");
    if (sent > 0) {
      bytes += sent;
      count -= (size_t)sent;
    }
  }
}

/* -- a growing list of nanoseconds ------------------------------------------------------------------------------ */

struct samples {
  uint32_t *of;
  size_t count, room;
};

static inline void add_sample(struct samples *s, int64_t ns) {
  if (s->count == s->room) {
    s->room = s->room ? s->room * 2 : 65536;
    s->of = realloc(s->of, s->room * sizeof *s->of);
    must(s->of != NULL, "memory");
  }
  s->of[s->count++] = ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

static inline int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

/* Microseconds that `share` of the samples do not exceed; sorts them. */
static inline double percentile(struct samples *s, double share) {
  if (!s->count)
    return 0;
  qsort(s->of, s->count, sizeof *s->of, by_size);
  return s->of[(size_t)((double)(s->count - 1) * share)] / 1e3;
}
