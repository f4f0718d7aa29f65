// troupe.getHistory: what is asked for, whose records whoever asks may see, and what comes back. Must not keep records
// (actors/io/history.hpp does), which answers on its own thread. Source: docs/contract/history.md, 7.4. Cases:
// tests/history_test.py.
#include "actors/io/history.hpp"
#include "actors/rpc/rpc_handlers.hpp"
#include "config/datatypes.hpp"
#include "config/text.hpp"
#include "protocols/history_record.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors {

using config::history_kind;
using config::right;
using platform::history_failure;
using platform::history_file;
using platform::history_row;
using protocols::fault;
using protocols::make_fault;
using protocols::rpc_value;

namespace {

constexpr std::int64_t usual_records = 50, most_records = 1000;
constexpr std::size_t most_names = 1000;
constexpr std::size_t most_bytes = std::size_t{1} << 20; ///< of one answer, about

struct question {
  std::vector<std::string> names;
  platform::history_question of_file;
  std::optional<std::int64_t> at; ///< the states of that moment
  std::string copy_to;            ///< a whole copy
};

std::int64_t wall_now() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

// -- what is asked for -----------------------------------------------------------------------------

/// An array of texts, or one text with commas in between.
config::result<std::vector<std::string>> words(const rpc_value& of, const std::string& name) {
  if (const auto* text = of.string())
    return config::comma_list(*text);
  std::vector<std::string> found;
  for (const auto& item : of.items() ? *of.items() : rpc_value::array{rpc_value()}) {
    if (!item.string())
      return config::fault(name + " must be an array of strings");
    found.push_back(*item.string());
  }
  return found;
}

config::result<std::int64_t> whole_number(const rpc_value& of, const std::string& name) {
  std::int64_t count = 0;
  if (of.integer())
    return *of.integer();
  if (of.string() && protocols::parse_integer(*of.string(), count))
    return count;
  return config::fault(name + " must be a number");
}

template <class Into>
config::result<void> take_moment(const rpc_value& of, const std::string& name, Into& into) {
  if (!of.string())
    return config::fault(name + " must be a time, as text");
  auto moment = protocols::moment_of(*of.string(), wall_now());
  if (!moment)
    return config::fault(name + ": " + moment.error().what);
  into = *moment;
  return {};
}

config::result<void> take_kinds(const rpc_value& of, question& into) {
  auto kinds = words(of, "kind");
  if (!kinds)
    return kinds.error();
  into.of_file.kinds = 0;
  for (const auto& word : *kinds) {
    auto known = config::history_kind_named(word);
    if (!known)
      return config::fault("there is no kind " + config::quoted(word.substr(0, 64)));
    into.of_file.kinds |= bit(*known);
  }
  return {};
}

config::result<void> take(const std::string& name, const rpc_value& value, question& into) {
  if (name == "since")
    return take_moment(value, name, into.of_file.since);
  if (name == "until")
    return take_moment(value, name, into.of_file.until);
  if (name == "at")
    return take_moment(value, name, into.at);
  if (name == "kind")
    return take_kinds(value, into);
  if (name == "name") {
    auto names = words(value, name);
    if (!names)
      return names.error();
    into.names = *std::move(names);
    return into.names.size() > most_names ? config::result<void>(config::fault("so many names"))
                                          : config::result<void>();
  }
  if (name == "n" || name == "after") {
    auto count = whole_number(value, name);
    if (!count)
      return count.error();
    if (name == "after")
      into.of_file.after = std::max<std::int64_t>(*count, 0);
    else
      into.of_file.limit = static_cast<std::size_t>(std::clamp<std::int64_t>(*count, 1, most_records));
    return {};
  }
  if (name == "export" && value.string()) {
    into.copy_to = *value.string();
    return {};
  }
  return config::fault("there is no " + config::quoted(name.substr(0, 64)) + " to ask for");
}

config::result<question> question_of(const rpc_value::array& params) {
  question asked;
  asked.of_file.limit = usual_records;
  if (params.empty())
    return asked;
  if (!params[0].members())
    return config::fault("what to ask for is said by a struct");
  for (const auto& [name, value] : *params[0].members())
    if (auto done = take(name, value, asked); !done)
      return done.error();
  return asked;
}

// -- whose records ---------------------------------------------------------------------------------

/// Which names somebody sees, for as long as it takes to answer.
struct sight {
  bool whole = false;          ///< the daemon's, and who did what
  bool all = false;            ///< those of any program, of old ones, too
  std::set<std::string> names; ///< else those of these

  bool sees(const std::string& name) const { return name.empty() ? whole : all || names.contains(name); }
};

sight sight_of(const call_context& c) {
  const auto& held = c.board.held();
  sight seen{c.who.may(right::admin), held.unlimited() || protocols::has(held.everywhere().rights, right::status), {}};
  if (!seen.all)
    for (const auto& process : c.board.all())
      seen.names.insert(full_name(process->who->group, process->who->options->name));
  return seen;
}

/// `group:*` or `group:` stands for a group, `supervisord` for the daemon itself; a name alone for a group, too.
struct wanted_names {
  std::set<std::string> names;
  std::vector<std::string> groups; ///< with the colon
  bool all = false;

  explicit wanted_names(const std::vector<std::string>& asked) : all(asked.empty()) {
    for (const auto& name : asked) {
      auto [group, process] = split_name(name);
      if (!process)
        groups.push_back(group + ':');
      if (name == "supervisord")
        names.insert("");
      names.insert(process ? full_name(group, *process) : group);
    }
  }
  bool only_names() const { return !all && groups.empty(); }
  bool wants(const std::string& name) const {
    return all || names.contains(name) ||
           std::any_of(groups.begin(), groups.end(), [&](auto& group) { return name.starts_with(group); });
  }
};

// -- answers, on the history's thread ----------------------------------------------------------------

control_answer failed(const history_failure& with, bool whole) {
  return make_fault(fault::failed, whole || with.is == history_failure::kind::overdue
                                     ? "history: " + with.why
                                     : "the history cannot be read at the moment");
}

rpc_value records_of(std::vector<history_row>& rows, bool whole) {
  rpc_value::array records;
  records.reserve(rows.size());
  for (const auto& row : rows)
    records.push_back(protocols::history_value(row, whole));
  return records;
}

control_answer list(history_file& file, platform::history_question what, const sight& seen) {
  std::vector<history_row> rows;
  std::size_t bytes = 0;
  bool more = false;
  auto limit = what.limit++;
  auto failure = file.read(what, [&](history_row row) {
    more = rows.size() == limit || bytes > most_bytes;
    bytes += row.what.size() + row.name.size() + row.who.size();
    if (!more)
      rows.push_back(std::move(row));
    return !more;
  });
  if (failure)
    return failed(failure, seen.whole);
  if (what.after == 0)
    std::reverse(rows.begin(), rows.end());
  return rpc_value(rpc_value::structure{{"records", records_of(rows, seen.whole)}, {"more", more}});
}

/// The daemon's last start or stop at that moment; nothing: none is known.
history_failure find_life(history_file& file, std::int64_t at, std::optional<history_row>& found) {
  platform::history_question what;
  what.names = {""};
  what.kinds = bit(history_kind::daemon);
  what.until = at;
  what.limit = most_records;
  return file.read(what, [&](history_row row) {
    bool is_it = row.what.starts_with(R"({"event":"start")") || row.what.starts_with(R"({"event":"stop")");
    if (is_it)
      found = std::move(row);
    return !is_it;
  });
}

/// A process that has not changed since the daemon started had not been started by it.
control_answer states(history_file& file, std::int64_t at, const wanted_names& wanted, const sight& seen) {
  bool any = false;
  platform::history_question first;
  first.until = at;
  first.limit = 1;
  auto failure = file.read(first, [&](const history_row&) { return any = true; });
  if (failure)
    return failed(failure, seen.whole);
  if (!any)
    return make_fault(fault::bad_arguments, "no record that old");
  std::optional<history_row> life;
  if (failure = find_life(file, at, life); failure)
    return failed(failure, seen.whole);
  bool running = !life || !life->what.starts_with(R"({"event":"stop")");
  std::vector<history_row> rows;
  if (running)
    failure = file.read_states(at, [&](history_row row) {
      if (wanted.wants(row.name) && seen.sees(row.name) && (!life || row.id > life->id))
        rows.push_back(std::move(row));
      return rows.size() < most_records;
    });
  if (failure)
    return failed(failure, seen.whole);
  return rpc_value(rpc_value::structure{
    {"at", protocols::moment_iso(at)}, {"running", running}, {"records", records_of(rows, seen.whole)}});
}

control_answer copy(history_file& file, const std::string& path) {
  if (auto failure = file.copy_to(path))
    return make_fault(fault::failed, path + ": " + failure.why);
  return rpc_value(rpc_value::structure{{"exported", path}});
}

control_answer answer_of(const question& asked, const wanted_names& wanted, const sight& seen, history_file& file,
                         const history_failure& trouble) {
  if (!file.is_open())
    return failed(trouble, seen.whole);
  if (!asked.copy_to.empty())
    return copy(file, asked.copy_to);
  if (asked.at)
    return states(file, *asked.at, wanted, seen);
  auto what = asked.of_file;
  if (wanted.only_names()) {
    for (const auto& name : wanted.names)
      if (seen.sees(name))
        what.names.push_back(name);
  } else if (!seen.all) { // by name: what is hidden is not even looked at
    for (const auto& name : seen.names)
      if (wanted.wants(name))
        what.names.push_back(name);
  } else if (!wanted.all || !seen.whole) {
    what.shown = [&](const std::string& name) { return wanted.wants(name) && seen.sees(name); };
  }
  bool by_name = wanted.only_names() || !seen.all;
  if (by_name && what.names.empty())
    return rpc_value(rpc_value::structure{{"records", rpc_value::array{}}, {"more", false}});
  return list(file, std::move(what), seen);
}

} // namespace

rpc_step get_history(call_context& c) {
  if (!c.context.history) // as any method that is not there
    return make_fault(fault::unknown_method);
  auto asked = question_of(c.params);
  if (!asked)
    return make_fault(fault::incorrect_parameters, asked.error().what);
  auto seen = sight_of(c);
  if (!asked->copy_to.empty() && !seen.whole)
    return c.who.refused(right::admin);
  auto work = [of = c.context.history, asked = *std::move(asked), seen = std::move(seen)](const control_answer_to& to) {
    auto answer = [asked, seen, to](history_file& file, const history_failure& trouble) {
      (*to)(answer_of(asked, wanted_names(asked.names), seen, file, trouble));
    };
    if (!of->ask(answer))
      (*to)(make_fault(fault::failed, "too many ask for the history at once; retry"));
  };
  return rpc_deferred(work);
}

} // namespace troupe::actors
