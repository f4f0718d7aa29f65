// See schema_setters.hpp.
#include "config/schema_setters.hpp"

#include "config/event_names.hpp"
#include "config/history_setters.hpp"
#include "config/load.hpp"
#include "config/plugin_name.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace troupe::config::setters {

namespace {

result<ownership> socket_owner(S s, H h, const char* option) {
  if (auto owner = user_and_group(s, h))
    return *owner;
  return fault("Invalid " + std::string(option) + " value " + std::string(s));
}

std::string upper(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
  return word;
}

} // namespace

// -- setters ---------------------------------------------------------------------------------------

result<std::string> text(S s) { return std::string(s); }

result<shared_text> shared(S s) { return shared_text(s); }

result<int> socket_mode(S s, const char* option) {
  if (auto mode = octal(s))
    return *mode;
  return fault("Invalid " + std::string(option) + " value " + std::string(s));
}

result<void> set_server_owner(T t, S s, H h) {
  auto owner = socket_owner(s, h, "sockchown");
  if (!owner)
    return owner.error();
  t.server->chown_uid = owner->uid;
  t.server->chown_gid = owner->gid;
  return {};
}

result<void> set_server_port(T t, S s, H) {
  auto address = port(s);
  if (!address)
    return address.error();
  t.server->host = address->host;
  t.server->port = address->port;
  return {};
}

result<void> set_allowed_hosts(T t, S s, H) {
  for (auto& host : comma_list(s))
    if (!host.empty())
      t.server->allowed_hosts.push_back(std::move(host));
  return {};
}

result<void> set_factory(T t, S s, H h) {
  t.interface->factory = plugin_spec(s);
  if (t.interface->factory == troupe_interface && t.section != troupe_section)
    return unresolved(t.interface->factory, std::string(t.section),
                      "its section is [" + std::string(troupe_section) + "]");
  if (t.interface->factory == troupe_interface)
    return {};
  return check_plugin(t.interface->factory, std::string(t.section), built_in_interface,
                      "give a shared object (/path/lib.so:symbol) or, instead of the factory, a program "
                      "(command=...): see docs/extending.md",
                      h);
}

result<std::int64_t> answer_timeout(S s) {
  auto seconds = integer(s);
  if (seconds && (*seconds < 1 || *seconds > 86400))
    return fault("Invalid timeout value " + std::string(s));
  return seconds;
}

result<std::int64_t> backlog(S s) {
  auto number = integer(s);
  if (number && (*number < 1 || *number > 65535))
    return fault("Invalid socket_backlog value " + std::to_string(*number));
  return number;
}

result<std::int64_t> death_lines(S key, S s) {
  constexpr std::int64_t most = 200;
  auto number = integer(s);
  if (number && (*number < 0 || *number > most))
    return fault("Invalid " + std::string(key) + " value " + quoted(s) + ": allowed is a number from 0 to " +
                 std::to_string(most));
  return number;
}

result<std::chrono::milliseconds> upgrade_timeout(S key, S s) {
  constexpr double least = 1, most = 300;
  auto seconds = exact_time_span(key, s);
  if (!seconds)
    return seconds.error();
  if (*seconds < least || *seconds > most)
    return fault("Invalid " + std::string(key) + " value " + quoted(s) + ": allowed is a time from 1s to 5m");
  return std::chrono::milliseconds{static_cast<std::int64_t>(*seconds * 1000)};
}

result<rate> rate_of(S key, S s) {
  auto refused =
    fault("Invalid " + std::string(key) + " value " + quoted(s) + ": allowed is a count and a time, such as 5/60s");
  auto slash = s.find('/');
  if (slash == s.npos)
    return refused;
  auto count = integer(strip(s.substr(0, slash)));
  auto seconds = exact_time_span(key, strip(s.substr(slash + 1)));
  constexpr std::int64_t most = 1'000'000;
  constexpr double least = 0.001;
  if (!count || !seconds || *count < 1 || *count > most || *seconds < least)
    return refused;
  return rate{*count, std::chrono::milliseconds{static_cast<std::int64_t>(*seconds * 1000)}};
}

result<bool> stop_or_ignore(S key, S s) {
  auto word = upper(strip(s));
  if (word != "STOP" && word != "IGNORE")
    return fault("Invalid " + std::string(key) + " value " + quoted(s) + ": allowed are stop and ignore");
  return word == "STOP";
}

result<std::string> ctl_address(S s, H h) {
  constexpr std::string_view mark = "unix://";
  if (!s.starts_with(mark))
    return std::string(s);
  return std::string(mark) + absolute(expand_user(s.substr(mark.size()), h), h);
}

result<void> set_serverurl(T t, S s, H) {
  if (upper(strip(s)) != "AUTO")
    t.process->serverurl = shared_text(s);
  return {};
}

result<void> set_events(T t, S s, H) {
  auto& events = t.group->events;
  for (auto item : comma_list(s)) {
    item = upper(std::move(item));
    if (std::find(event_names.begin(), event_names.end(), item) == event_names.end())
      return fault("Unknown event type " + item + " in [" + std::string(t.section) + "] events");
    events.push_back(std::move(item));
  }
  std::sort(events.begin(), events.end());
  events.erase(std::unique(events.begin(), events.end()), events.end());
  return {};
}

result<void> set_result_handler(T t, S s, H h) {
  auto spec = plugin_spec(s);
  t.group->result_handler = spec;
  if (spec == stdout_handler)
    return {};
  return check_plugin(spec, std::string(t.section), built_in_handler,
                      "give a shared object (/path/lib.so:symbol): see docs/extending.md", h);
}

result<void> set_socket_owner(T t, S s, H h) {
  auto owner = socket_owner(s, h, "socket_owner");
  if (!owner)
    return owner.error();
  t.socket->owner_uid = owner->uid;
  t.socket->owner_gid = owner->gid;
  return {};
}

result<void> set_socket_address(T t, S s, H) {
  auto address = fcgi_address(s, t.section);
  if (!address)
    return address.error();
  t.socket->is_unix = address->is_unix;
  t.socket->path = address->path;
  t.socket->host = address->host;
  t.socket->port = address->port;
  return {};
}

// -- comparisons -----------------------------------------------------------------------------------

bool same_logfile(const log_target& active, const log_target& loaded) {
  return loaded.to == log_target::kind::automatic || active == loaded;
}

bool same_environment(const shared_environment& a, const shared_environment& b) {
  auto sorted = [](const shared_environment& env) {
    std::map<std::string_view, std::string_view> all;
    for (const auto& [key, value] : env)
      all.emplace(key, value);
    return all;
  };
  return a == b || sorted(a) == sorted(b);
}

bool same_socket(const fcgi_socket* a, const fcgi_socket* b) { return a && b ? a->url() == b->url() : a == b; }

} // namespace troupe::config::setters
