/* The C ABI of what supervisord loads from shared objects: RPC interfaces ([rpcinterface:x],
 * supervisor.rpcinterface_factory = /path/lib.so:symbol) and judges of listeners' results ([eventlistener:x],
 * result_handler = /path/lib.so:symbol). The symbol is a struct: troupe_rpc_plugin, or troupe_result_handler.
 * Nothing is linked; all calls into the daemon go through struct troupe_host. docs/extending.md explains it,
 * examples/rpc_plugin uses it. Boost Software License 1.0. */
#ifndef TROUPE_RPC_PLUGIN_H
#define TROUPE_RPC_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A plug-in is loaded if its version is the daemon's and its structs are at least as large as the daemon knows them:
 * members are only ever added at the end, and added members do not change the version. */
#define TROUPE_ABI_VERSION 1u

/* The first member of a plug-in's struct: what it is. */
#define TROUPE_RPC_PLUGIN 0x54525043u
#define TROUPE_RESULT_HANDLER 0x54525248u

/* -- values --------------------------------------------------------------------------------------- */

typedef struct troupe_value troupe_value;   /* to be read; belongs to the daemon */
typedef struct troupe_writer troupe_writer; /* takes one value: a result */
typedef struct troupe_daemon troupe_daemon; /* one interface's way to the daemon */

typedef enum troupe_type {
  TROUPE_NIL = 0,
  TROUPE_BOOLEAN = 1,
  TROUPE_INTEGER = 2,
  TROUPE_DOUBLE = 3,
  TROUPE_STRING = 4, /* base64 arrives as a string, too */
  TROUPE_DATE = 5,   /* its text: YYYYMMDDThh:mm:ss */
  TROUPE_ARRAY = 6,
  TROUPE_STRUCT = 7
} troupe_type;

/* Text of a value: UTF-8 or raw bytes, a 0 behind the last. data is NULL where the value has no text. */
typedef struct troupe_text {
  const char *data;
  size_t size;
} troupe_text;

/* Levels of the main log. */
typedef enum troupe_level {
  TROUPE_DEBUG = 10,
  TROUPE_INFO = 20,
  TROUPE_WARN = 30,
  TROUPE_ERROR = 40,
  TROUPE_CRITICAL = 50
} troupe_level;

/* Faults that clients know; a plug-in may use numbers of its own. */
typedef enum troupe_fault {
  TROUPE_INCORRECT_PARAMETERS = 2,
  TROUPE_BAD_NAME = 10,
  TROUPE_FAILED = 30
} troupe_fault;

/* What a client must be allowed to do to call a method. */
typedef enum troupe_access { TROUPE_READ = 0, TROUPE_CONTROL = 1, TROUPE_ADMIN = 2 } troupe_access;

/* -- what the daemon gives ------------------------------------------------------------------------ */

typedef struct troupe_host {
  uint32_t abi_version; /* TROUPE_ABI_VERSION of the daemon */
  uint32_t size;        /* sizeof(troupe_host) of the daemon */

  /* Reading. A value of another type reads as 0, empty or NULL; so does an index that is too large. */
  int32_t (*type_of)(const troupe_value *value); /* a troupe_type */
  int32_t (*boolean)(const troupe_value *value);
  int64_t (*integer)(const troupe_value *value);
  double (*number)(const troupe_value *value);                             /* a double, or an integer */
  troupe_text (*text)(const troupe_value *value);                          /* of a string or a date */
  size_t (*count)(const troupe_value *value);                              /* items or members */
  const troupe_value *(*item)(const troupe_value *value, size_t index);    /* of an array; of a struct: the value */
  troupe_text (*name_of)(const troupe_value *value, size_t index);         /* of a member of a struct */
  const troupe_value *(*member)(const troupe_value *value, const char *name);

  /* Writing one value. In a struct each value follows its put_name. What does not come out as exactly one value is
   * answered with the fault FAILED. */
  void (*put_nil)(troupe_writer *to);
  void (*put_boolean)(troupe_writer *to, int32_t value);
  void (*put_integer)(troupe_writer *to, int64_t value);
  void (*put_double)(troupe_writer *to, double value);
  void (*put_string)(troupe_writer *to, const char *data, size_t size);
  void (*put_bytes)(troupe_writer *to, const char *data, size_t size); /* sent as base64 */
  void (*put_value)(troupe_writer *to, const troupe_value *value);     /* a copy */
  void (*begin_array)(troupe_writer *to);
  void (*end_array)(troupe_writer *to);
  void (*begin_struct)(troupe_writer *to);
  void (*put_name)(troupe_writer *to, const char *name);
  void (*end_struct)(troupe_writer *to);
  void (*fault)(troupe_writer *to, int32_t code, const char *text); /* instead of a value */

  /* Any thread. A record of the main log; an event REMOTE_COMMUNICATION (none before start()). */
  void (*log)(troupe_daemon *daemon, int32_t level, const char *text);
  void (*publish)(troupe_daemon *daemon, const char *type, const char *data);

  /* Inside a handler or start() only: calls a built-in method, `supervisor.getAllProcessInfo` say, and waits.
   * arguments() begins a new list of arguments: put them, then call(). The result, or with *fault != 0 its text, is
   * valid until the next call() and the end of the handler; never NULL. */
  troupe_writer *(*arguments)(troupe_daemon *daemon);
  const troupe_value *(*call)(troupe_daemon *daemon, const char *method, int32_t *fault);
} troupe_host;

/* -- what an RPC interface gives ------------------------------------------------------------------ */

typedef struct troupe_option {
  const char *name; /* lower case */
  const char *value;
} troupe_option;

typedef struct troupe_method {
  const char *name;   /* letters, digits and _, first a letter; the interface's name comes before it */
  const char *params; /* "string name, int count=1": one with a default may be left out; NULL or "": none */
  const char *result; /* a type: int, double, string, boolean, array, struct, ... */
  const char *help;
  int32_t access; /* a troupe_access */
  /* params: an array with as many items as `params` allows, of whatever types the client sent. Called on the
   * interface's own thread, one call at a time; it may block. */
  void (*handler)(void *self, const troupe_value *params, troupe_writer *result);
} troupe_method;

typedef struct troupe_rpc_plugin {
  uint32_t kind;        /* TROUPE_RPC_PLUGIN */
  uint32_t abi_version; /* TROUPE_ABI_VERSION */
  uint32_t size;        /* sizeof(troupe_rpc_plugin) */
  uint32_t method_size; /* sizeof(troupe_method) */
  const troupe_method *methods;
  size_t method_count;
  /* While the daemon starts, before it forks: no threads yet. `options`: what else the section says; valid until
   * close(). NULL: it will not do; say why in `error`, and the daemon does not start. */
  void *(*open)(const troupe_host *host, troupe_daemon *daemon, const char *name, const troupe_option *options,
                size_t option_count, char *error, size_t error_size);
  void (*start)(void *self); /* first on the interface's own thread; may be NULL */
  void (*close)(void *self); /* last on that thread; may be NULL */
} troupe_rpc_plugin;

/* -- what a judge of results gives ---------------------------------------------------------------- */

typedef enum troupe_verdict {
  TROUPE_ACCEPT = 0, /* the event was processed */
  TROUPE_REJECT = 1, /* send it again */
  TROUPE_MISTAKE = 2 /* send it again, but not to this listener */
} troupe_verdict;

typedef struct troupe_result_handler {
  uint32_t kind;        /* TROUPE_RESULT_HANDLER */
  uint32_t abi_version; /* TROUPE_ABI_VERSION */
  uint32_t size;        /* sizeof(troupe_result_handler) */
  /* A troupe_verdict on what a listener answered to an event. Called on a thread of the pool, one result at a time: only
   * this pool's listeners wait for it. These texts have no 0 behind the last byte. */
  int32_t (*judge)(troupe_text header, troupe_text body, troupe_text result);
} troupe_result_handler;

#ifdef __cplusplus
}
#endif

#endif
