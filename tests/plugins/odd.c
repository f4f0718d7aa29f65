/* Plug-ins that are wrong in one way each, and one that does what a test tells it. For tests/extensions/plugin_test.cpp and
 * tests/extension_test.py. */
#include "troupe/rpc_plugin.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RPC(...) {TROUPE_RPC_PLUGIN, TROUPE_ABI_VERSION, sizeof(troupe_rpc_plugin), sizeof(troupe_method), __VA_ARGS__}

struct state {
  const troupe_host *host;
  troupe_daemon *daemon;
  char path[256]; /* where start() and close() leave a word */
};

static void leave(struct state *self, const char *word) {
  FILE *f = self->path[0] ? fopen(self->path, "a") : NULL;
  if (f) {
    fprintf(f, "%s\n", word);
    fclose(f);
  }
}

static void *open_it(const troupe_host *host, troupe_daemon *daemon, const char *name, const troupe_option *options,
                     size_t count, char *error, size_t size) {
  struct state *self = calloc(1, sizeof *self);
  self->host = host;
  self->daemon = daemon;
  for (size_t i = 0; i < count; ++i) {
    if (strcmp(options[i].name, "refuse") == 0) {
      snprintf(error, size, "%s was told to refuse: %s", name, options[i].value);
      free(self);
      return NULL;
    }
    if (strcmp(options[i].name, "hang") == 0 && unlink(options[i].value) == 0) /* once for each such file */
      for (;;)
        pause();
    if (strcmp(options[i].name, "path") == 0)
      snprintf(self->path, sizeof self->path, "%s", options[i].value);
  }
  host->log(daemon, TROUPE_WARN, "opened");
  host->publish(daemon, "too", "early");
  return self;
}
static void *open_nothing(const troupe_host *host, troupe_daemon *daemon, const char *name,
                          const troupe_option *options, size_t count, char *error, size_t size) {
  (void)host, (void)daemon, (void)name, (void)options, (void)count, (void)error, (void)size;
  return NULL;
}
static void start_it(void *self) { leave(self, "start"); }
static void close_it(void *self) {
  leave(self, "close");
  free(self);
}

/* Gives back what it is given. */
static void echo(void *state, const troupe_value *params, troupe_writer *result) {
  struct state *self = state;
  self->host->put_value(result, self->host->item(params, 0));
}

/* Describes what it is given, by every function that reads. */
static void describe_one(const troupe_host *h, const troupe_value *v, troupe_writer *to) {
  char line[200];
  snprintf(line, sizeof line, "%d %d %lld %g %s %zu", (int)h->type_of(v), (int)h->boolean(v), (long long)h->integer(v),
           h->number(v), h->text(v).data ? h->text(v).data : "-", h->count(v));
  h->put_string(to, line, strlen(line));
  for (size_t i = 0; i < h->count(v); ++i) {
    troupe_text name = h->name_of(v, i);
    if (name.data)
      h->put_string(to, name.data, name.size);
    describe_one(h, h->item(v, i), to);
  }
}
static void describe(void *state, const troupe_value *params, troupe_writer *result) {
  struct state *self = state;
  self->host->begin_array(result);
  describe_one(self->host, self->host->item(params, 0), result);
  self->host->end_array(result);
}

/* Calls the method that is named by the first argument with the others. */
static void relay(void *state, const troupe_value *params, troupe_writer *result) {
  struct state *self = state;
  const troupe_host *h = self->host;
  int32_t fault = 0;
  troupe_writer *list = h->arguments(self->daemon);
  const troupe_value *others = h->item(params, 1);
  for (size_t i = 0; i < h->count(others); ++i)
    h->put_value(list, h->item(others, i));
  const troupe_value *answer = h->call(self->daemon, h->text(h->item(params, 0)).data, &fault);
  if (fault)
    h->fault(result, fault, h->text(answer).data);
  else
    h->put_value(result, answer);
}

static void tell(void *state, const troupe_value *params, troupe_writer *result) {
  struct state *self = state;
  const char *text = self->host->text(self->host->item(params, 0)).data;
  self->host->log(self->daemon, TROUPE_INFO, text);
  self->host->publish(self->daemon, "told", text);
  self->host->put_boolean(result, 1);
}

/* Until the file of this name exists. */
static void wait_for(void *state, const troupe_value *params, troupe_writer *result) {
  struct state *self = state;
  const char *path = self->host->text(self->host->item(params, 0)).data;
  leave(self, "waiting");
  while (access(path, F_OK) != 0)
    usleep(1000);
  self->host->put_boolean(result, 1);
}

static void write_nothing(void *state, const troupe_value *params, troupe_writer *result) {
  (void)state, (void)params, (void)result;
}
static void write_too_much(void *state, const troupe_value *params, troupe_writer *result) {
  struct state *self = state;
  (void)params;
  self->host->put_nil(result);
  self->host->put_nil(result);
}

static const troupe_method good_methods[] = {
  {"waitFor", "string path", "boolean", "", TROUPE_CONTROL, wait_for}, /* not sorted: the daemon does that */
  {"describe", "string value", "array", "", TROUPE_READ, describe},
  {"echo", "string value", "string", "says it again", TROUPE_READ, echo},
  {"nothing", NULL, "int", NULL, TROUPE_READ, write_nothing},
  {"relay", "string method, array arguments=", "string", "", TROUPE_ADMIN, relay},
  {"tell", "string text", "boolean", "", TROUPE_CONTROL, tell},
  {"tooMuch", "", "int", "", TROUPE_READ, write_too_much},
};
#define GOOD good_methods, sizeof good_methods / sizeof good_methods[0]

const troupe_rpc_plugin good = RPC(GOOD, open_it, start_it, close_it);

/* As a later version might be, with more members. */
struct longer_method {
  troupe_method of_today;
  const char *more;
};
static const struct longer_method longer_methods[] = {
  {{"one", "", "int", "", TROUPE_READ, echo}, "x"},
  {{"two", "", "int", "", TROUPE_READ, echo}, "y"},
};
const struct {
  troupe_rpc_plugin of_today;
  void *more;
} longer = {{TROUPE_RPC_PLUGIN, TROUPE_ABI_VERSION, sizeof(troupe_rpc_plugin) + sizeof(void *),
             sizeof(struct longer_method), (const troupe_method *)longer_methods, 2, open_it, NULL, close_it},
            NULL};

const troupe_rpc_plugin newer = {TROUPE_RPC_PLUGIN, 2, sizeof(troupe_rpc_plugin), sizeof(troupe_method), GOOD, open_it,
                                 NULL, NULL};
const troupe_rpc_plugin shorter = {TROUPE_RPC_PLUGIN, TROUPE_ABI_VERSION, 16, sizeof(troupe_method), GOOD, open_it,
                                   NULL, NULL};
const troupe_rpc_plugin short_methods = {TROUPE_RPC_PLUGIN, TROUPE_ABI_VERSION, sizeof(troupe_rpc_plugin), 8, GOOD,
                                         open_it, NULL, NULL};
const troupe_rpc_plugin no_open = RPC(GOOD, NULL, NULL, NULL);
const troupe_rpc_plugin silent = RPC(GOOD, open_nothing, NULL, NULL);

static const troupe_method no_handler[] = {{"one", "", "int", "", TROUPE_READ, NULL}};
const troupe_rpc_plugin handlerless = RPC(no_handler, 1, open_it, NULL, NULL);
static const troupe_method private_name[] = {{"_one", "", "int", "", TROUPE_READ, echo}};
const troupe_rpc_plugin misnamed = RPC(private_name, 1, open_it, NULL, NULL);

int a_number[4] = {7, 1, 1000, 1000};

static int32_t always(troupe_text header, troupe_text body, troupe_text result) {
  (void)header, (void)body, (void)result;
  return 77;
}
const troupe_result_handler odd_judge = {TROUPE_RESULT_HANDLER, TROUPE_ABI_VERSION, sizeof(troupe_result_handler),
                                         always};
const troupe_result_handler newer_judge = {TROUPE_RESULT_HANDLER, 2, sizeof(troupe_result_handler), always};
const troupe_result_handler no_judge = {TROUPE_RESULT_HANDLER, TROUPE_ABI_VERSION, sizeof(troupe_result_handler), NULL};

/* Hangs until somebody opens the FIFO that the result names. */
static int32_t waits(troupe_text header, troupe_text body, troupe_text result) {
  (void)header, (void)body;
  char path[4096];
  snprintf(path, sizeof path, "%.*s", (int)result.size, result.data);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return TROUPE_MISTAKE;
  close(fd);
  return TROUPE_ACCEPT;
}
const troupe_result_handler waiting_judge = {TROUPE_RESULT_HANDLER, TROUPE_ABI_VERSION, sizeof(troupe_result_handler),
                                             waits};
