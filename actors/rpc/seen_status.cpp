// See seen_status.hpp.
#include "actors/rpc/seen_status.hpp"

#include "actors/core/control.hpp"

#include <memory>
#include <utility>

namespace troupe::actors {

namespace {

/// `db is FATAL`, `db exited (exit status 3)`, of a process that is not seen; names have no blanks.
bool tells_of_hidden(std::string_view text, const is_seen& sees) {
  auto blank = text.find(' ');
  if (blank == text.npos)
    return false;
  auto what = text.substr(blank + 1);
  return (what.starts_with("is ") || what.starts_with("exited ")) && !sees(text.substr(0, blank));
}

} // namespace

std::optional<std::string> waiting_as_seen(std::string_view waiting, const is_seen& sees) {
  auto open = waiting.find(" (");
  if (open == waiting.npos || !tells_of_hidden(waiting.substr(open + 2), sees))
    return {};
  auto close = waiting.find(')', open);
  return std::string(waiting.substr(0, open)) + std::string(close == waiting.npos ? "" : waiting.substr(close + 1));
}

std::optional<std::string> error_as_seen(std::string_view spawnerr, const is_seen& sees) {
  constexpr std::string_view all_begin_with = "dependency ";
  if (!spawnerr.starts_with(all_begin_with))
    return {};
  auto colon = spawnerr.find(": ", all_begin_with.size());
  if (colon == spawnerr.npos || !tells_of_hidden(spawnerr.substr(colon + 2), sees))
    return {};
  return std::string(spawnerr.substr(0, colon));
}

seen_status::seen_status(const board_view& view, const process_status& of) : of_(of) {
  if (view.whole() || (of.waiting_for.empty() && of.spawnerr.empty())) // nearly all
    return;
  auto sees = [&view](std::string_view name) {
    auto [group, process] = split_name(std::string(name));
    return process && view.find(group, *process) != nullptr;
  };
  auto waiting = waiting_as_seen(of.waiting_for.view(), sees);
  auto error = error_as_seen(of.spawnerr.view(), sees);
  if (!waiting && !error)
    return;
  copy_ = of;
  if (waiting)
    copy_->waiting_for = *waiting;
  if (error)
    copy_->spawnerr = *error;
}

process_status_ptr as_seen(const board_view& view, process_status_ptr of) {
  if (!of)
    return nullptr;
  seen_status seen(view, *of);
  return &seen.get() == of.get() ? std::move(of) : std::make_shared<const process_status>(seen.get());
}

} // namespace troupe::actors
