/* An RPC interface in C: named counters, and a count of processes by state, which asks the daemon itself.
 *   supervisor.rpcinterface_factory = /path/counter.so:counter
 * Calls come one at a time on the interface's own thread, so nothing here needs a lock. */
#include "troupe/rpc_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_counters = 64, longest_name = 64 };

struct counter {
  char name[longest_name];
  int64_t value;
};

struct counters {
  const troupe_host *host;
  troupe_daemon *daemon;
  int64_t step; /* of increment, where the caller gives none */
  struct counter all[most_counters];
  size_t used;
};

/* NULL: no such counter, and no room for another one. */
static struct counter *find(struct counters *self, troupe_text name, int make) {
  for (size_t i = 0; i < self->used; ++i)
    if (strcmp(self->all[i].name, name.data) == 0)
      return &self->all[i];
  if (!make || self->used == most_counters)
    return NULL;
  struct counter *made = &self->all[self->used++];
  memcpy(made->name, name.data, name.size + 1);
  return made;
}

/* The name, or a fault in `result` and no data. */
static troupe_text name_in(struct counters *self, const troupe_value *params, troupe_writer *result) {
  troupe_text name = self->host->text(self->host->item(params, 0));
  if (!name.data || name.size >= longest_name || strlen(name.data) != name.size) {
    self->host->fault(result, TROUPE_INCORRECT_PARAMETERS, "INCORRECT_PARAMETERS: a counter's name is a short string");
    name.data = NULL;
  }
  return name;
}

static void increment(void *state, const troupe_value *params, troupe_writer *result) {
  struct counters *self = state;
  const troupe_host *host = self->host;
  troupe_text name = name_in(self, params, result);
  if (!name.data)
    return;
  struct counter *counter = find(self, name, 1);
  if (!counter)
    return host->fault(result, TROUPE_FAILED, "FAILED: there are too many counters");
  counter->value += host->count(params) > 1 ? host->integer(host->item(params, 1)) : self->step;
  host->put_integer(result, counter->value);
}

static void get(void *state, const troupe_value *params, troupe_writer *result) {
  struct counters *self = state;
  troupe_text name = name_in(self, params, result);
  if (!name.data)
    return;
  struct counter *counter = find(self, name, 0);
  if (!counter)
    return self->host->fault(result, TROUPE_BAD_NAME, "BAD_NAME: there is no such counter");
  self->host->put_integer(result, counter->value);
}

static void all(void *state, const troupe_value *params, troupe_writer *result) {
  struct counters *self = state;
  (void)params;
  self->host->begin_struct(result);
  for (size_t i = 0; i < self->used; ++i) {
    self->host->put_name(result, self->all[i].name);
    self->host->put_integer(result, self->all[i].value);
  }
  self->host->end_struct(result);
}

static void states(void *state, const troupe_value *params, troupe_writer *result) {
  struct counters *self = state;
  const troupe_host *host = self->host;
  (void)params;
  int32_t fault = 0;
  host->arguments(self->daemon);
  const troupe_value *processes = host->call(self->daemon, "supervisor.getAllProcessInfo", &fault);
  if (fault)
    return host->fault(result, fault, host->text(processes).data);
  static const char *const names[] = {"STOPPED",  "STARTING", "RUNNING", "BACKOFF",
                                      "STOPPING", "EXITED",   "FATAL",   "UNKNOWN"};
  host->begin_struct(result);
  for (size_t n = 0; n < sizeof names / sizeof names[0]; ++n) {
    int64_t found = 0;
    for (size_t i = 0; i < host->count(processes); ++i)
      found += strcmp(host->text(host->member(host->item(processes, i), "statename")).data, names[n]) == 0;
    if (found == 0)
      continue;
    host->put_name(result, names[n]);
    host->put_integer(result, found);
  }
  host->end_struct(result);
}

/* The only option: `step`. */
static void *open_counters(const troupe_host *host, troupe_daemon *daemon, const char *name,
                           const troupe_option *options, size_t option_count, char *error, size_t error_size) {
  struct counters *self = calloc(1, sizeof *self);
  if (!self)
    return NULL;
  self->host = host;
  self->daemon = daemon;
  self->step = 1;
  for (size_t i = 0; i < option_count; ++i) {
    if (strcmp(options[i].name, "step") != 0) {
      snprintf(error, error_size, "%s takes no option '%s'", name, options[i].name);
      free(self);
      return NULL;
    }
    self->step = atoll(options[i].value);
  }
  return self;
}

static void close_counters(void *self) { free(self); }

static const troupe_method methods[] = {
  {"all", "", "struct", "all counters and their values", TROUPE_READ, all},
  {"get", "string name", "int", "the value of a counter", TROUPE_READ, get},
  {"increment", "string name, int by=1", "int", "count up; the new value", TROUPE_CONTROL, increment},
  {"states", "", "struct", "how many processes are in each state", TROUPE_READ, states},
};

const troupe_rpc_plugin counter = {
  TROUPE_RPC_PLUGIN,
  TROUPE_ABI_VERSION,
  sizeof(troupe_rpc_plugin),
  sizeof(troupe_method),
  methods,
  sizeof methods / sizeof methods[0],
  open_counters,
  NULL,
  close_counters,
};
