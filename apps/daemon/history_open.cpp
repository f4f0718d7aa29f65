// See history_open.hpp.
#include "apps/daemon/history_open.hpp"

#include "actors/rpc/history_commands.hpp"
#include "platform/main_log.hpp"

#include <ctime>
#include <utility>

namespace troupe {

using config::log_level;
using kind = platform::history_failure::kind;

namespace {

/// What a start says of it; nothing: it starts all the same, and the thread goes on trying.
std::optional<std::string> error_of(const platform::history_failure& failure, const std::string& file) {
  switch (failure.is) {
  case kind::none:
  case kind::full:
  case kind::read_only:
  case kind::overdue:
    return {};
  case kind::no_library:
    return "[history] needs libsqlite3.so.0: " + failure.why;
  case kind::in_use:
    return "history " + file + " is in use";
  case kind::newer:
  case kind::damaged:
  case kind::refused:
  case kind::other:
    break;
  }
  return "could not open the history " + file + ": " + failure.why;
}

/// One that is damaged, or not ours, makes room.
platform::history_failure probe(const config::history_options& options, platform::main_log& log) {
  platform::history_file file{options.file, options.full_sync};
  auto failure = file.open();
  if (failure.is != kind::damaged)
    return failure;
  file.close();
  constexpr std::int64_t second = 1'000'000;
  auto aside = platform::set_history_aside(options.file, std::time(nullptr) * second);
  if (aside.empty())
    return failure;
  log.write(log_level::error, "history " + options.file + " cannot be used: " + failure.why + "; it is now " + aside +
                                ", and a new one begins");
  return file.open();
}

} // namespace

config::result<std::shared_ptr<actors::history_keeper>> open_history(const config::configuration& configuration,
                                                                     platform::main_log& log, bool first_start) {
  if (!configuration.history)
    return nullptr;
  const auto& options = *configuration.history;
  if (first_start)
    if (auto error = error_of(probe(options, log), options.file))
      return config::fault(*error);
  return std::make_shared<actors::history_keeper>(options, log);
}

std::shared_ptr<actors::audit_trail> trail_for(const std::shared_ptr<actors::history_keeper>& history,
                                               std::shared_ptr<actors::audit_trail> audit, platform::main_log& log) {
  if (!history)
    return audit;
  bool alone = !audit;
  if (alone)
    audit = std::make_shared<actors::audit_trail>(log, config::audit_options{}, nullptr, protocols::hash_function{});
  auto commands = std::make_shared<actors::history_commands>(history);
  audit->witness_with([commands](const protocols::audit_record& told) { commands->note(told); }, alone);
  return audit;
}

} // namespace troupe
