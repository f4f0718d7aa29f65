/* What the machine allows: the least a supervisor of N children must do, in plain C, nothing else.
   limit run N CMD [ARG...]: three pipes and vfork+exec for each child; every child that dies is started again;
                             on SIGTERM all get SIGTERM and are waited for.
   limit parse FILE:         reads an INI file into a sorted table of sections, says "ready". */
#define _GNU_SOURCE
#include <errno.h>
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

static int parse(const char *path) {
  FILE *f = fopen(path, "r");
  struct section *sections = NULL;
  size_t count = 0, room = 0, size = 0;
  char *line = NULL;
  if (!f)
    return 1;
  while (getline(&line, &size, f) > 0) {
    line[strcspn(line, "\n")] = 0;
    if (line[0] == '[') {
      if (count == room)
        sections = realloc(sections, (room = room ? room * 2 : 64) * sizeof *sections);
      line[strcspn(line, "]")] = 0;
      sections[count].name = strdup(line + 1);
      sections[count++].options = NULL;
    } else if (strchr(line, '=') && count) {
      struct option *o = malloc(sizeof *o);
      char *equals = strchr(line, '=');
      *equals = 0;
      o->key = strdup(line);
      o->value = strdup(equals + 1);
      o->next = sections[count - 1].options;
      sections[count - 1].options = o;
    }
  }
  qsort(sections, count, sizeof *sections, by_name);
  printf("ready: started with pid %d\n", (int)getpid());
  fflush(stdout);
  pause();
  return 0;
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
