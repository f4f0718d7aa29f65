// See stop_setters.hpp.
#include "config/stop_setters.hpp"

#include "config/choices.hpp"
#include "config/command_words.hpp"
#include "config/restart_setters.hpp"

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

namespace troupe::config::setters {

namespace {

using S = std::string_view;

error no_ladder(S key, S text) {
  return invalid(key, text, "allowed are signals, each with :TIME behind it, comma-separated");
}

/// SIGNAL or SIGNAL:TIME; `whole` is what it is a part of, for messages.
result<ladder_step> step_of(S key, S whole, S item) {
  auto colon = std::min(item.find(':'), item.size());
  auto name = strip(item.substr(0, colon));
  if (name.empty())
    return no_ladder(key, whole);
  auto signo = signal_number(name);
  if (!signo)
    return signo.error();
  ladder_step step{*signo, {}};
  if (colon == item.size())
    return step;
  auto time = milliseconds_of(key, strip(item.substr(colon + 1)));
  if (!time)
    return no_ladder(key, whole);
  step.time = *time;
  return step;
}

} // namespace

result<void> set_stop_signals(const option_target& target, S text, const host&) {
  auto& process = *target.process;
  if (text.find_first_of(",:") == text.npos) { // as ever, and nothing is held for it
    auto signo = signal_number(text);
    if (!signo)
      return signo.error();
    process.stopsignal = *signo;
    return {};
  }
  std::vector<ladder_step> ladder;
  for (const auto& item : comma_list(text)) {
    auto step = step_of(target.key, text, item);
    if (!step)
      return step.error();
    ladder.push_back(*step);
  }
  if (std::any_of(ladder.begin(), ladder.end() - 1, [](auto& step) { return step.signo == SIGKILL; }))
    return invalid(target.key, text, "KILL must be the last");
  process.stopsignal = ladder.front().signo;
  process.ask().stops.ladder = std::move(ladder);
  return {};
}

result<kill_reach> reach_of(S key, S text) {
  using enum kill_reach;
  constexpr choice<kill_reach> words[] = {
    {"process", process}, {"group", group}, {"session", session}, {"cgroup", cgroup}, {"tree", tree}};
  if (lower(text) == "subreaper") // another name, that nobody is told to use
    return tree;
  return one_of(words, key, text);
}

result<shared_text> command_line_of(S key, S text) {
  auto words = split_command(text);
  if (words.problem)
    return invalid(key, text, words.problem);
  if (words.argv.empty())
    return invalid(key, text, "command is empty");
  return shared_text(text);
}

result<bool> aborts_of(S key, S text) {
  constexpr choice<bool> words[] = {{"abort", true}, {"ignore", false}};
  return one_of(words, key, text);
}

} // namespace troupe::config::setters
