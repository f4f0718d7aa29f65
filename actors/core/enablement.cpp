// See enablement.hpp.
#include "actors/core/enablement.hpp"

#include "config/text.hpp"
#include "protocols/json.hpp"

#include <utility>

namespace troupe::actors {

namespace {

using protocols::json_writer;
using protocols::rpc_value;
template <class Value>
using by_name = enablement::by_name<Value>;

constexpr std::string_view of_version = "version", of_disabled = "disabled", of_wanted = "wanted", of_scales = "scales",
                           of_numprocs = "numprocs", of_last_runs = "last_runs";
constexpr std::int64_t newest_version = 1;
/// Of a file of 16 MiB that somebody else has filled, a value would be forty times as large.
constexpr protocols::json_limits limits{.elements = 400'000, .depth = 16};

template <class Value>
void write(json_writer& out, std::string_view name, const by_name<Value>& values) {
  if (values.empty())
    return;
  out.name(name);
  out.begin_object();
  for (const auto& [key, value] : values)
    out.member(key, value);
  out.end_object();
}

config::error wrong(std::string_view kind, const std::string& name, std::string_view what) {
  return config::fault(std::string(kind) + ": " + config::quoted(name) + ' ' + std::string(what));
}

/// A number of the entry, not negative.
config::result<std::int64_t> number_of(std::string_view kind, const std::string& name, const rpc_value& value) {
  const auto* number = value.integer();
  if (!number || *number < 0)
    return wrong(kind, name, "has no number");
  return *number;
}

config::result<bool> truth_of(std::string_view kind, const std::string& name, const rpc_value& value) {
  if (const auto* truth = value.boolean())
    return *truth;
  return wrong(kind, name, "is neither true nor false");
}

/// A member of the file that is an object, each of whose values `read` understands.
template <class Value, class Read>
config::result<void> read_names(by_name<Value>& into, std::string_view kind, const rpc_value& from, Read read) {
  const auto* members = from.members();
  if (!members)
    return config::fault(std::string(kind) + " is no object");
  for (const auto& [name, value] : *members) {
    auto found = read(kind, name, value);
    if (!found)
      return found.error();
    into.emplace_hint(into.end(), name, *found);
  }
  return {};
}

config::result<void> read_member(enablement& into, const std::string& key, const rpc_value& value) {
  if (key == of_disabled)
    return read_names(into.disabled, key, value, number_of);
  if (key == of_wanted)
    return read_names(into.wanted, key, value, truth_of);
  if (key == of_scales)
    return read_names(into.scales, key, value, number_of);
  if (key == of_numprocs)
    return read_names(into.numprocs, key, value, number_of);
  if (key == of_last_runs)
    return read_names(into.last_runs, key, value, number_of);
  if (key == of_version) {
    const auto* version = value.integer();
    return version && *version >= newest_version ? config::result<void>{} : config::fault("it has no version");
  }
  json_writer{into.others[key]}.value(value);
  return {};
}

template <class Value>
void add(by_name<Value>& to, by_name<Value>& more) {
  to.merge(more);
}

template <class Value>
bool cut(by_name<Value>& from, const std::function<bool(std::string_view)>& is_known, std::size_t most) {
  if (from.size() <= most)
    return false;
  std::size_t unknown = 0;
  return std::erase_if(from, [&](const auto& entry) { return !is_known(entry.first) && ++unknown > most; }) > 0;
}

} // namespace

std::string state_text(const enablement& what) {
  std::string text;
  json_writer out(text);
  out.begin_object();
  out.member(of_version, newest_version);
  write(out, of_disabled, what.disabled);
  write(out, of_wanted, what.wanted);
  write(out, of_scales, what.scales);
  write(out, of_numprocs, what.numprocs);
  write(out, of_last_runs, what.last_runs);
  for (const auto& [key, json] : what.others) {
    out.name(key);
    text += json;
  }
  out.end_object();
  return text + '\n';
}

config::result<enablement> read_state(std::string_view text) {
  auto parsed = protocols::parse_json(text, limits);
  if (!parsed)
    return parsed.error();
  const auto* members = parsed->members();
  if (!members)
    return config::fault("it is no JSON object");
  enablement found;
  for (const auto& [key, value] : *members)
    if (auto done = read_member(found, key, value); !done)
      return done.error();
  return found;
}

void add_unknown(enablement& to, enablement more) {
  add(to.disabled, more.disabled);
  add(to.wanted, more.wanted);
  add(to.scales, more.scales);
  add(to.numprocs, more.numprocs);
  add(to.last_runs, more.last_runs);
  add(to.others, more.others);
}

bool forget_unknown(enablement& from, const std::function<bool(std::string_view)>& is_known, std::size_t most) {
  bool disabled = cut(from.disabled, is_known, most), wanted = cut(from.wanted, is_known, most);
  bool scales = cut(from.scales, is_known, most), numprocs = cut(from.numprocs, is_known, most);
  bool runs = cut(from.last_runs, is_known, most);
  return disabled || wanted || scales || numprocs || runs;
}

std::vector<std::string> take_over_by(enablement& from, std::int64_t now) {
  std::vector<std::string> over;
  for (auto next = from.disabled.begin(); next != from.disabled.end();)
    if (next->second != 0 && next->second <= now) {
      over.push_back(next->first);
      next = from.disabled.erase(next);
    } else {
      ++next;
    }
  return over;
}

std::optional<std::int64_t> next_end(const enablement& of) {
  std::optional<std::int64_t> next;
  for (const auto& [name, until] : of.disabled)
    if (until != 0 && (!next || until < *next))
      next = until;
  return next;
}

} // namespace troupe::actors
