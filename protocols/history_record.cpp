// See history_record.hpp: what is kept, and as a value. As lines: history_text.cpp, which the client needs without a
// reader of JSON.
#include "protocols/history_record.hpp"

#include "config/access_rights.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::protocols {

namespace {

constexpr std::size_t longest_text = 1024; ///< of what somebody else wrote

std::string_view cut(std::string_view text) { return text.substr(0, longest_text); }

void member(json_writer& out, std::string_view name, std::string_view text) {
  if (!text.empty())
    out.member(name, cut(text));
}

/// Milliseconds are enough.
void seconds(json_writer& out, std::string_view name, const std::optional<std::int64_t>& microseconds) {
  if (microseconds)
    out.member(name, static_cast<double>(*microseconds / 1000) / 1000);
}

void peer(json_writer& out, const audit_record::unix_peer& of) {
  out.name("peer");
  out.begin_object();
  out.member("uid", std::uint64_t{of.uid});
  out.member("gid", std::uint64_t{of.gid});
  out.member("pid", of.pid);
  out.end_object();
}

} // namespace

std::string history_json(const state_change& of) {
  std::string text;
  json_writer out{text};
  out.begin_object();
  out.member("from", to_string(of.from));
  out.member("to", to_string(of.to));
  if (of.pid != 0)
    out.member("pid", of.pid);
  if (of.tries != 0)
    out.member("tries", of.tries);
  member(out, "exit", of.exit);
  seconds(out, "ran", of.ran);
  member(out, "reason", of.reason);
  out.end_object();
  return text;
}

std::string history_json(const unasked_end& of) {
  std::string text;
  json_writer out{text};
  out.begin_object();
  out.name("end");
  out.begin_object();
  out.member("text", cut(of.end));
  out.end_object();
  if (of.pid != 0)
    out.member("pid", of.pid);
  seconds(out, "seconds", of.ran);
  out.member("state", to_string(of.state));
  out.member("try", of.tries);
  out.end_object();
  return text;
}

std::string history_json(const audit_record& of) {
  std::string text;
  json_writer out{text};
  out.begin_object();
  member(out, "verb", of.verb);
  member(out, "target", of.target);
  if (of.names.size() > 1) {
    auto told = std::min(of.names.size(), audit_record::most_names);
    out.name("names");
    out.begin_array();
    for (std::size_t i = 0; i < told; ++i)
      out.value(of.names[i]);
    out.end_array();
    if (told < of.names.size())
      out.member("more", std::uint64_t{of.names.size() - told});
  }
  member(out, "call", of.call);
  out.member("outcome", word_of(of.came));
  if (of.fault)
    out.member("fault", *of.fault);
  if (of.ms)
    out.member("ms", *of.ms);
  out.name("by");
  out.begin_object();
  member(out, "how", of.how);
  member(out, "token", of.token);
  member(out, "from", of.from);
  member(out, "via", of.via);
  member(out, "server", of.server);
  if (of.peer)
    peer(out, *of.peer);
  out.end_object();
  out.end_object();
  return text;
}

std::string history_who(const audit_record& of) { return std::string(cut(of.user)); }

bool is_history(const audit_record& of) {
  using enum audit_record::outcome;
  if (of.call.empty() || of.came == denied || of.came == hidden || of.came == refused)
    return false;
  constexpr std::array reading = {config::right::tail,    config::right::mainlog, config::right::config,
                                  config::right::metrics, config::right::events,  config::right::status};
  return std::none_of(reading.begin(), reading.end(), [&](auto right) { return of.verb == config::word_of(right); });
}

std::string history_json(std::string_view event, const history_facts& more) {
  std::string text;
  json_writer out{text};
  out.begin_object();
  out.member("event", event);
  for (const auto& [name, value] : more)
    out.member(name, value);
  out.end_object();
  return text;
}

rpc_value history_value(const platform::history_row& of, bool whole) {
  rpc_value::structure record{
    {"id", of.id}, {"at", moment_iso(of.at)}, {"kind", config::word_of(of.kind)}, {"name", of.name}};
  if (whole && !of.who.empty())
    record.emplace_back("who", of.who);
  if (of.serial != 0)
    record.emplace_back("serial", of.serial);
  auto what = parse_json(of.what);
  auto facts = what && what->members() ? *what->members() : rpc_value::structure{};
  if (!whole)
    std::erase_if(facts, [](const auto& fact) { return fact.first == "by"; });
  record.emplace_back("what", std::move(facts));
  return record;
}

} // namespace troupe::protocols
