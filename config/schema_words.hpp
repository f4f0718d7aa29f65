// The words a row of schema.cpp is written in: what sets its value, how a reload compares it, how a plan shows it. Only
// for schema.cpp, which includes it inside its own unnamed namespace. Must not name an option.
#pragma once

template <class Field, class Value>
result<void> put(Field& field, result<Value> value) {
  if (!value)
    return value.error();
  field = static_cast<Field>(*std::move(value));
  return {};
}

using T = const option_target&;
using S = std::string_view;
using H = const host&;

constexpr comparison ignored(std::string_view because) { return {.not_because = because}; }
constexpr auto of_the_daemon = ignored("the daemon reads it at its own start");
constexpr auto of_a_server = ignored("servers are opened when the daemon starts");
constexpr auto of_an_interface = ignored("interfaces are set up when the daemon starts");
constexpr auto of_the_client = ignored("supervisorctl reads it at its own start");
constexpr auto as_processes = ignored("the processes it leads to are compared, by number and by name");
constexpr auto of_the_rules = ignored("a reread replaces the rules whole, and nothing is started or stopped");
constexpr auto by_address = ignored("a socket that stays at its address is kept as it is, as Supervisor does");

// -- what a row says of its setter and its comparison --------------------------------------------------

#define SET(target, member, parse)                                                                                     \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.target->member, parse);                                                                               \
  }
#define SAME_PROCESS(expression) [](const process_options& a, const process_options& b) { return expression; }
#define SHOWN(expression) [](const process_options& a) { return shown_value(expression); }
#define SAME_GROUP(expression) [](const group_options& a, const group_options& b) { return expression; }

#define DAEMON(member, parse) SET(daemon, member, parse), of_the_daemon
#define SERVER(member, parse) SET(server, member, parse), of_a_server
#define INTERFACE(member, parse) SET(interface, member, parse), of_an_interface
#define CLIENT(member, parse) SET(client, member, parse), of_the_client
#define PROCESS(member, parse)                                                                                         \
  SET(process, member, parse), { .of_process = SAME_PROCESS(a.member == b.member), .shown = SHOWN(a.member) }
#define GROUP(member, parse)                                                                                           \
  SET(group, member, parse), { .of_group = SAME_GROUP(a.member == b.member) }
#define DRESSING(channel, member, parse)                                                                               \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.process->channel.dress().member, parse);                                                              \
  },                                                                                                                   \
    {.of_process = SAME_PROCESS(a.channel.dressed().member == b.channel.dressed().member),                             \
     .shown = SHOWN(a.channel.dressed().member)},                                                                      \
    takes_effect::live
#define RESTARTS(when, member, parse)                                                                                  \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.process->ask().restarts.member, parse);                                                               \
  },                                                                                                                   \
    {.of_process = SAME_PROCESS(a.restarts().member == b.restarts().member), .shown = SHOWN(a.restarts().member)},     \
    takes_effect::when, false, true
#define DEPENDENCIES(when, member, parse)                                                                              \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.process->ask().dependencies.member, parse);                                                           \
  },                                                                                                                   \
    {.of_process = SAME_PROCESS(a.dependencies().member == b.dependencies().member),                                   \
     .shown = SHOWN(a.dependencies().member)},                                                                         \
    takes_effect::when, false, true
#define READY(member, parse)                                                                                           \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.process->ask().ready.member, parse);                                                                  \
  },                                                                                                                   \
    {.of_process = SAME_PROCESS(a.ready().member == b.ready().member), .shown = SHOWN(a.ready().member)},              \
    takes_effect::next, false, true
#define HEALTH(member, parse)                                                                                          \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.process->ask().health.member, parse);                                                                 \
  },                                                                                                                   \
    {.of_process = SAME_PROCESS(a.health().member == b.health().member), .shown = SHOWN(a.health().member)},           \
    takes_effect::live, false, true
#define STOPS(when, member, parse)                                                                                     \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.process->ask().stops.member, parse);                                                                  \
  },                                                                                                                   \
    {.of_process = SAME_PROCESS(a.stops().member == b.stops().member), .shown = SHOWN(a.stops().member)},              \
    takes_effect::when, false, true
#define HOOKS(member, parse)                                                                                           \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.process->ask().hooks.member, parse);                                                                  \
  },                                                                                                                   \
    {.of_process = SAME_PROCESS(a.hooks().member == b.hooks().member), .shown = SHOWN(a.hooks().member)},              \
    takes_effect::next, false, true
#define POLICY(member, parse)                                                                                          \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.process->ask().member, parse);                                                                        \
  },                                                                                                                   \
    {.of_process = SAME_PROCESS(a.asked().member == b.asked().member), .shown = SHOWN(a.asked().member)},              \
    takes_effect::restart, false, true
#define POLICY_LIVE(member, parse)                                                                                     \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.process->ask().member, parse);                                                                        \
  },                                                                                                                   \
    {.of_process = SAME_PROCESS(a.asked().member == b.asked().member), .shown = SHOWN(a.asked().member)},              \
    takes_effect::live, false, true
#define ROLLING(member, parse, usual)                                                                                  \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.process->ask().rolling.member, parse);                                                                \
  },                                                                                                                   \
    {.of_process = SAME_PROCESS(a.rolling().member.value_or(usual) == b.rolling().member.value_or(usual))},            \
    takes_effect::live, false, true
#define ROLLING_OF_GROUP(member, parse)                                                                                \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.process->ask().rolling.member, parse);                                                                \
  },                                                                                                                   \
    ignored("it is part of what each process gets, and compared there"), takes_effect::live, false, true
#define RELOADS(member, parse) POLICY_LIVE(reloads.member, parse)
#define ACCESS(target, member, parse) SET(target, member, parse), of_the_rules, takes_effect::live, true
#define ACCESS_SETTER(function) function, of_the_rules, takes_effect::live, true
#define ACCESS_CLIENT(member, parse) CLIENT(member, parse), takes_effect::restart, true
#define ACCESS_AUDIT(member, parse) SET(audit, member, parse), of_the_daemon, takes_effect::restart, true
#define HISTORY(member, parse) SET(history, member, parse), of_the_daemon, takes_effect::restart, false, true
#define ACCESS_SERVER(member, parse) SERVER(member, parse), takes_effect::restart, true
#define TLS_SERVER(member, parse) ACCESS_SERVER(tls->member, parse)
#define DRAFT(member, parse) SET(draft, member, parse)
