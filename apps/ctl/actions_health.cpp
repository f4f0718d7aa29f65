// health: whether all is well, for whoever restarts containers. 0 and nothing on stdout, or 1 and a line for each
// reason; never another status, a question, or more than three seconds. Must not change a process. Source:
// docs/contract/packaging.md, 3.2.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/health.hpp"
#include "apps/ctl/json.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"
#include "apps/ctl/shown_text.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::ctl {

using protocols::rpc_fault;
using protocols::rpc_value;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr double most_seconds = 2.5; ///< and time to start and to end
constexpr int good = 200;

/// Waits of this action end in time, whatever --timeout says.
class short_patience {
public:
  explicit short_patience(session& s) : outside_(s.outside()) {
    auto seconds = std::min(s.chosen().seconds.value_or(most_seconds), most_seconds);
    until = outside_.now() + std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(seconds));
    outside_.limit_waits(until);
  }
  ~short_patience() { outside_.limit_waits(std::nullopt); }
  short_patience(const short_patience&) = delete;
  short_patience& operator=(const short_patience&) = delete;

  steady_clock::time_point until;

private:
  context& outside_;
};

/// Who runs and is unhealthy, which XML-RPC does not tell; nobody, where the daemon is another one than ours.
unhealthy_book known_unhealthy(session& s, steady_clock::time_point until) {
  auto streams = s.outside().open_streams(s.chosen().daemon);
  streams->open("/api/v1/status");
  std::string body;
  for (;;) {
    auto left = std::chrono::ceil<milliseconds>(until - s.outside().now());
    auto piece = left.count() > 0 ? streams->next(left) : std::nullopt;
    if (!piece)
      throw overdue();
    if (piece->status != good)
      return {};
    body += piece->bytes;
    if (piece->over)
      return to_unhealthy(body);
  }
}

struct verdict {
  std::optional<std::string> daemon; ///< its state; nothing: it does not say
  std::vector<ailment> ailments;
};

/// Throws trouble.
verdict look(session& s, const std::vector<std::string>& names, bool ready, steady_clock::time_point until) {
  verdict found;
  auto state = s.demand("supervisor.getState");
  auto name = state.member("statename");
  found.daemon = name && name->string() ? *name->string() : std::string();
  if (*found.daemon != "RUNNING") {
    found.ailments.push_back({{}, {}, "daemon is " + *found.daemon});
    return found;
  }
  auto rows = all_processes(s);
  auto [chosen, unknown] = select(rows, names);
  bool any_runs =
    std::any_of(chosen.begin(), chosen.end(), [](auto row) { return row->state == protocols::process_state::running; });
  found.ailments = ailments_of(chosen, any_runs ? known_unhealthy(s, until) : unhealthy_book(), ready);
  for (auto& line : unknown)
    found.ailments.push_back({{}, {}, std::move(line)});
  return found;
}

std::string text_of(const trouble& why) {
  switch (why.why) {
  case trouble::kind::unauthorized:
    return "Server requires authentication";
  case trouble::kind::denied:
    return "not permitted";
  default:
    if (why.type == "PermissionError")
      return "not permitted";
    return why.type == "xmlrpc.client.Fault" ? "daemon answers " + why.text : "daemon does not answer";
  }
}

verdict look_or_say_why(session& s, const std::vector<std::string>& names, bool ready) {
  short_patience patience(s);
  verdict none;
  try {
    return look(s, names, ready, patience.until);
  } catch (const trouble& why) {
    none.ailments.push_back({{}, {}, text_of(why)});
  } catch (const overdue&) {
    none.ailments.push_back({{}, {}, "daemon does not answer"});
  } catch (const interrupted&) {
    none.ailments.push_back({{}, {}, "interrupted"});
  }
  return none;
}

rpc_value or_null(const std::string& text) { return text.empty() ? rpc_value() : rpc_value(in_utf8(text)); }

rpc_value json_of(const verdict& found) {
  rpc_value::array reasons;
  for (const auto& a : found.ailments)
    reasons.push_back(
      rpc_value::structure{{"name", or_null(a.name)}, {"state", or_null(a.state)}, {"text", in_utf8(a.text)}});
  return rpc_value::structure{{"healthy", found.ailments.empty()},
                              {"daemon", or_null(found.daemon.value_or(""))},
                              {"reasons", std::move(reasons)}};
}

} // namespace

void do_health(session& s, const std::string& arguments) {
  auto names = split_words(arguments);
  bool as_json = takes_json(s, names);
  bool ready = take_flag(names, "--ready");
  auto found = look_or_say_why(s, names, ready);
  if (!found.ailments.empty())
    s.fail(exit_status::generic);
  if (as_json)
    return s.document(json_of(found));
  auto lines = lines_of(found.ailments);
  if (lines.empty())
    return;
  lines.pop_back();
  s.wrong(lines);
}

} // namespace troupe::ctl
