/* What the machine allows: the least a supervisor of N children must do, in plain C, nothing else.
   limit run N CMD [ARG...]: three pipes and vfork+exec for each child; every child that dies is started again;
                             on SIGTERM all get SIGTERM and are waited for.
   limit parse FILE:         reads an INI file into a sorted table of sections, says "ready". */
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
  pid_t pid;
  int fds[3];
};

static char **command;

static void start(struct child *c) {
  int in[2], out[2], err[2];
  if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) {
    perror("pipe2");
    exit(1);
  }
  pid_t pid = vfork();
  if (pid == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    dup2(in[0], 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    execv(command[0], command);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  close(err[1]);
  c->pid = pid;
  c->fds[0] = in[1];
  c->fds[1] = out[0];
  c->fds[2] = err[0];
}

static int run(int count) {
  struct child *children = calloc((size_t)count, sizeof *children);
  sigset_t set;
  int stopping = 0, alive = count;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, NULL);
  for (int i = 0; i < count; i++)
    start(&children[i]);
  while (alive > 0) {
    int signo;
    sigwait(&set, &signo);
    if (signo == SIGTERM) {
      stopping = 1;
      for (int i = 0; i < count; i++)
        kill(children[i].pid, SIGTERM);
      continue;
    }
    pid_t pid;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
      for (int i = 0; i < count; i++)
        if (children[i].pid == pid) {
          for (int k = 0; k < 3; k++)
            close(children[i].fds[k]);
          children[i].pid = 0;
          if (stopping)
            alive--;
          else
            start(&children[i]);
          break;
        }
  }
  return 0;
}

struct option {
  char *key, *value;
  struct option *next;
};
struct section {
  char *name;
  struct option *options;
};

static int by_name(const void *a, const void *b) {
  return strcmp(((const struct section *)a)->name, ((const struct section *)b)->name);
}

/* Blanks off both ends, comment after a blank cut away: what the dialect asks of every line. */
static char *tidy(char *line) {
  for (char *c = line; *c; c++)
    if ((*c == ';' || *c == '#') && (c == line || isspace((unsigned char)c[-1]))) {
      *c = 0;
      break;
    }
  while (isspace((unsigned char)*line))
    line++;
  char *end = line + strlen(line);
  while (end > line && isspace((unsigned char)end[-1]))
    *--end = 0;
  return line;
}

struct program {
  char *name, *command, *out, *err;
  long priority, startsecs, startretries, stopwaitsecs;
  int autostart, autorestart, stopsignal;
};

static const char *find(const struct section *s, const char *key) {
  for (struct option *o = s->options; o; o = o->next)
    if (!strcmp(o->key, key))
      return o->value;
  return NULL;
}

static long number(const struct section *s, const char *key, long fallback) {
  const char *value = find(s, key);
  return value ? strtol(value, NULL, 10) : fallback;
}

static int parse(const char *path) {
  FILE *f = fopen(path, "r");
  struct section *sections = NULL;
  size_t count = 0, room = 0, size = 0;
  char *line = NULL;
  if (!f)
    return 1;
  while (getline(&line, &size, f) > 0) {
    char *text = tidy(line);
    if (*text == '[') {
      if (count == room)
        sections = realloc(sections, (room = room ? room * 2 : 64) * sizeof *sections);
      text[strcspn(text, "]")] = 0;
      sections[count].name = strdup(text + 1);
      sections[count++].options = NULL;
    } else if (strchr(text, '=') && count) {
      struct option *o = malloc(sizeof *o);
      char *equals = strchr(text, '=');
      *equals = 0;
      o->key = strdup(tidy(text));
      for (char *c = o->key; *c; c++)
        *c = (char)tolower((unsigned char)*c);
      o->value = strdup(tidy(equals + 1));
      o->next = sections[count - 1].options;
      sections[count - 1].options = o;
    }
  }
  qsort(sections, count, sizeof *sections, by_name);
  struct program *programs = calloc(count + 1, sizeof *programs);
  for (size_t i = 0; i < count; i++) {
    const struct section *s = &sections[i];
    const char *command = find(s, "command"), *start = find(s, "autostart");
    if (!command)
      continue;
    programs[i] = (struct program){strdup(s->name), strdup(command), NULL, NULL,
                                   number(s, "priority", 999), number(s, "startsecs", 1),
                                   number(s, "startretries", 3), number(s, "stopwaitsecs", 10),
                                   !start || strcmp(start, "false"), 1, SIGTERM};
  }
  printf("ready: started with pid %d\n", (int)getpid());
  fflush(stdout);
  pause();
  return (int)programs[0].priority;
}

int main(int argc, char **argv) {
  if (argc > 3 && !strcmp(argv[1], "run")) {
    command = argv + 3;
    return run(atoi(argv[2]));
  }
  if (argc == 3 && !strcmp(argv[1], "parse"))
    return parse(argv[2]);
  fprintf(stderr, "usage: limit run N CMD [ARG...] | limit parse FILE\n");
  return 2;
}
