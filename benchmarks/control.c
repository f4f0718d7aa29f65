/* The control plane's C peers: the least a server and a client of XML-RPC must do, and the load for any of them.
   control serve ADDRESS STATE INFO     answers every POST with the bytes of a file: INFO where the request names
                                        getAllProcessInfo, STATE otherwise
   control load ADDRESS METHOD K SECS   K connections, each asks again once it is answered; prints answers/s, median
                                        and p99 in microseconds, and how many answers that was
   control status ADDRESS               what `supervisorctl status` prints, from the text of one answer
   control time COUNT CMD [ARG...]      milliseconds of each of COUNT runs of CMD, its output thrown away
   control flood                        writes lines to stdout as fast as it can
   The C peers of `tail -f` are in tail.c. */
#include "net.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { most = 16, request_room = 8192 };

struct text {
  char *bytes;
  size_t size;
};

/* -- serve ------------------------------------------------------------------------------------------------------ */

struct client {
  int fd;
  unsigned awaited;       /* events */
  size_t have;            /* of a request */
  const struct text *out; /* being sent, or null */
  size_t sent;
  char in[request_room];
};

static struct text response_of(const char *path) {
  struct stat info;
  struct text t;
  int fd = open(path, O_RDONLY);
  must(fd >= 0 && fstat(fd, &info) == 0, path);
  t.bytes = malloc((size_t)info.st_size + 256);
  int head = sprintf(t.bytes, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %lld\r\n\r\n",
                     (long long)info.st_size);
  must(read(fd, t.bytes + head, (size_t)info.st_size) == info.st_size, path);
  close(fd);
  t.size = (size_t)head + (size_t)info.st_size;
  return t;
}

/* Bytes of the whole request at the start of `in`, or 0. */
static size_t whole_request(const struct client *c) {
  const char *end = memmem(c->in, c->have, "\r\n\r\n", 4);
  if (!end)
    return 0;
  size_t head = (size_t)(end - c->in) + 4;
  const char *length = memmem(c->in, head, "Content-Length:", 15);
  size_t size = head + (length ? strtoul(length + 15, NULL, 10) : 0);
  return c->have >= size ? size : 0;
}

/* Waits for what the client has to do next: to read where the socket is full, else to ask. */
static int await(int poll, struct client *c, unsigned what) {
  struct epoll_event event = {what, {.ptr = c}};
  if (what != c->awaited)
    epoll_ctl(poll, c->awaited ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &event);
  c->awaited = what;
  return 0;
}

/* -1: gone. */
static int send_some(int poll, struct client *c) {
  while (c->sent < c->out->size) {
    ssize_t n = send(c->fd, c->out->bytes + c->sent, c->out->size - c->sent, MSG_NOSIGNAL);
    if (n < 0)
      return errno == EAGAIN ? await(poll, c, EPOLLOUT) : -1;
    c->sent += (size_t)n;
  }
  c->out = NULL;
  return await(poll, c, EPOLLIN);
}

static int serve_client(int poll, struct client *c, const struct text *state, const struct text *info) {
  if (c->out)
    return send_some(poll, c);
  ssize_t n = recv(c->fd, c->in + c->have, sizeof c->in - c->have, 0);
  if (n <= 0)
    return n < 0 && errno == EAGAIN ? 0 : -1;
  c->have += (size_t)n;
  size_t size = whole_request(c);
  if (!size)
    return c->have < sizeof c->in ? 0 : -1;
  c->out = memmem(c->in, size, "getAllProcessInfo", 17) ? info : state;
  c->sent = 0;
  c->have -= size;
  memmove(c->in, c->in + size, c->have);
  return send_some(poll, c);
}

_Noreturn static void serve(const char *address, const char *state_path, const char *info_path) {
  struct text state = response_of(state_path), info = response_of(info_path);
  int door = listen_on(address), poll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {EPOLLIN, {.ptr = NULL}}, ready[64];
  epoll_ctl(poll, EPOLL_CTL_ADD, door, &event);
  for (;;) {
    int count = epoll_wait(poll, ready, 64, -1);
    for (int i = 0; i < count; i++) {
      struct client *c = ready[i].data.ptr;
      if (!c) {
        c = calloc(1, sizeof *c);
        c->fd = accept4(door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        must(c->fd >= 0, "accept");
        no_delay(c->fd);
        await(poll, c, EPOLLIN);
      } else if (serve_client(poll, c, &state, &info) < 0) {
        close(c->fd);
        free(c);
      }
    }
  }
}

/* -- requests --------------------------------------------------------------------------------------------------- */

static int request_for(char *out, const char *method) {
  char body[512];
  int size = snprintf(body, sizeof body,
                      "<?xml version='1.0'?>\n<methodCall>\n<methodName>supervisor.%s</methodName>\n<params>\n"
                      "</params>\n</methodCall>\n",
                      method);
  return sprintf(out,
                 "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s",
                 size, body);
}

/* Bytes of head and body of the response at the start of `in`, or 0 where the head is not whole. */
static size_t response_size(const char *in, size_t have) {
  const char *end = memmem(in, have, "\r\n\r\n", 4);
  if (!end)
    return 0;
  size_t head = (size_t)(end - in) + 4;
  must(!strncmp(in + 8, " 200", 4), "an answer that is not 200");
  const char *length = memmem(in, head, "\r\nContent-Length:", 17);
  must(length != NULL, "an answer without its length");
  return head + strtoul(length + 17, NULL, 10);
}

/* -- load ------------------------------------------------------------------------------------------------------- */

struct asker {
  int fd;
  int64_t asked;
  size_t have, size; /* of the answer; size 0: not known yet */
};

static char in[1 << 20];

static void ask(struct asker *a, const char *request, size_t size) {
  a->have = a->size = 0;
  a->asked = now_ns();
  must(send(a->fd, request, size, MSG_NOSIGNAL) == (ssize_t)size, "send");
}

/* 1: the answer is there, to its last byte. */
static int take_answer(struct asker *a) {
  for (;;) {
    ssize_t n = recv(a->fd, in, sizeof in, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
      return 0;
    must(n > 0, "the server closed the connection");
    if (!a->size) { /* no server here sends its head in pieces */
      a->size = response_size(in, (size_t)n);
      must(a->size > 0, "a head in pieces");
    }
    a->have += (size_t)n;
    if (a->have >= a->size)
      return 1;
  }
}

static int load(const char *address, const char *method, int count, double seconds) {
  char request[1024];
  size_t size = (size_t)request_for(request, method);
  struct asker askers[most];
  struct samples latencies = {0};
  int poll = epoll_create1(EPOLL_CLOEXEC);
  must(count > 0 && count <= most, "K");
  for (int i = 0; i < count; i++) {
    askers[i].fd = connect_to(address);
    struct epoll_event event = {EPOLLIN | EPOLLET, {.ptr = &askers[i]}};
    epoll_ctl(poll, EPOLL_CTL_ADD, askers[i].fd, &event);
  }
  int64_t began = now_ns(), until = began + (int64_t)(seconds * 1e9), now = began;
  for (int i = 0; i < count; i++)
    ask(&askers[i], request, size);
  while (now < until || !latencies.count) {
    struct epoll_event ready[most];
    int events = epoll_wait(poll, ready, most, -1);
    for (int i = 0; i < events; i++) {
      struct asker *a = ready[i].data.ptr;
      if (!take_answer(a))
        continue;
      now = now_ns();
      add_sample(&latencies, now - a->asked);
      ask(a, request, size);
    }
  }
  size_t answers = latencies.count;
  printf("%.6g %.6g %.6g %zu\n", (double)answers * 1e9 / (double)(now - began), percentile(&latencies, 0.5),
         percentile(&latencies, 0.99), answers);
  return 0;
}

/* -- status ----------------------------------------------------------------------------------------------------- */

/* Between `<name>KEY</name>` and the end of its string, unescaped in place; `*at` goes behind it. */
static struct text member(char **at, char *end, const char *key) {
  char name[64];
  int size = snprintf(name, sizeof name, "<name>%s</name>", key);
  struct text t = {0};
  char *found = memmem(*at, (size_t)(end - *at), name, (size_t)size);
  char *from = found ? memmem(found, (size_t)(end - found), "<string>", 8) : NULL;
  char *to = from ? memchr(from + 8, '<', (size_t)(end - from - 8)) : NULL;
  if (!to)
    return t;
  *at = to;
  t.bytes = from + 8;
  char *out = t.bytes;
  for (char *c = t.bytes; c < to; c++) {
    const char *name_of[] = {"&amp;", "&lt;", "&gt;"};
    *out = *c;
    for (int i = 0; *c == '&' && i < 3; i++)
      if (!strncmp(c, name_of[i], strlen(name_of[i]))) {
        *out = "&<>"[i];
        c += strlen(name_of[i]) - 1;
      }
    out++;
  }
  t.size = (size_t)(out - t.bytes);
  return t;
}

struct row {
  struct text name, group, state, description;
};

static size_t shown(const struct row *r, char *out) {
  if (r->name.size == r->group.size && !memcmp(r->name.bytes, r->group.bytes, r->name.size))
    return (size_t)sprintf(out, "%.*s", (int)r->name.size, r->name.bytes);
  return (size_t)sprintf(out, "%.*s:%.*s", (int)r->group.size, r->group.bytes, (int)r->name.size, r->name.bytes);
}

static int status(const char *address) {
  char request[1024], name[8192];
  int fd = connect_to(address), size = request_for(request, "getAllProcessInfo");
  size_t room = 1 << 16, have = 0, want = 0, rows = 0, longest = 30;
  char *answer = malloc(room);
  struct row *row = NULL;
  write_all(fd, request, (size_t)size);
  while (!want || have < want) {
    if (have == room || want > room)
      answer = realloc(answer, room = want > room ? want : room * 2);
    ssize_t n = read(fd, answer + have, room - have);
    must(n > 0, "the server closed the connection");
    have += (size_t)n;
    if (!want)
      want = response_size(answer, have);
  }
  for (char *at = answer, *end = answer + have;;) {
    struct row r;
    r.name = member(&at, end, "name");
    if (!r.name.bytes)
      break;
    r.group = member(&at, end, "group");
    r.state = member(&at, end, "statename");
    r.description = member(&at, end, "description");
    if (rows % 64 == 0)
      row = realloc(row, (rows + 64) * sizeof *row);
    row[rows++] = r;
    size_t width = shown(&r, name);
    longest = width > longest ? width : longest;
  }
  for (size_t i = 0; i < rows; i++) {
    shown(&row[i], name);
    printf("%-*s%-10.*s%.*s\n", (int)longest + 3, name, (int)row[i].state.size, row[i].state.bytes,
           (int)row[i].description.size, row[i].description.bytes);
  }
  return 0;
}

/* -- time ------------------------------------------------------------------------------------------------------- */

static int time_runs(int count, char **command) {
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  for (int i = 0; i < count; i++) {
    int64_t began = now_ns();
    int how = 0;
    pid_t pid = vfork();
    must(pid >= 0, "vfork");
    if (pid == 0) {
      dup2(nowhere, 1);
      execv(command[0], command);
      _exit(127);
    }
    must(waitpid(pid, &how, 0) == pid && how == 0, command[0]);
    printf("%.6g\n", (double)(now_ns() - began) / 1e6);
  }
  return 0;
}

/* -- flood ------------------------------------------------------------------------------------------------------ */

_Noreturn static void flood(void) {
  static char block[65536];
  for (size_t i = 0; i < sizeof block; i++)
    block[i] = i % 80 == 79 ? '\n' : 'x';
  for (;;)
    write_all(1, block, sizeof block);
}

int tail_main(int argc, char **argv);

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (argc == 5 && !strcmp(what, "serve"))
    serve(argv[2], argv[3], argv[4]);
  if (argc == 6 && !strcmp(what, "load"))
    return load(argv[2], argv[3], atoi(argv[4]), atof(argv[5]));
  if (argc == 3 && !strcmp(what, "status"))
    return status(argv[2]);
  if (argc > 3 && !strcmp(what, "time"))
    return time_runs(atoi(argv[2]), argv + 3);
  if (argc == 2 && !strcmp(what, "flood"))
    flood();
  return tail_main(argc, argv);
}
