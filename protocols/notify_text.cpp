// See notify_text.hpp.
#include "protocols/notify_text.hpp"

#include "config/text.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>
#include <iterator>

namespace troupe::protocols {

namespace {

constexpr std::string_view variables[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
                                          "LISTEN_PID",    "LISTEN_FDS",    "LISTEN_FDNAMES"};
constexpr std::int64_t beyond_the_wait = 15;                    ///< seconds
constexpr std::int64_t longest_patience = 100LL * 365 * 86'400; ///< seconds

/// Fit for a line of a datagram: an assignment ends with the line, and what is not UTF-8 is thrown away as a whole.
std::string line_of(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    auto next = utf8_sequence(text);
    auto byte = static_cast<unsigned char>(text[0]);
    if (!next.well_formed)
      line += '?';
    else if (byte < ' ' || byte == 0x7f)
      line += ' ';
    else
      line += text.substr(0, next.size);
    text.remove_prefix(next.size);
  }
  return line;
}

std::string cut(std::string line) {
  constexpr std::string_view sign = "...";
  if (line.size() <= most_status)
    return line;
  line.resize(most_status - sign.size());
  line.resize(line.size() - cut_character(line));
  return line.append(sign);
}

} // namespace

bool is_for_the_daemon_alone(std::string_view variable) {
  return std::find(std::begin(variables), std::end(variables), variable) != std::end(variables);
}

void notify_summary::add(std::string_view group, std::string_view process, process_state state,
                         std::int64_t stopwaitsecs) {
  ++all_;
  if (state == process_state::running)
    ++running_;
  if (is_signallable(state)) {
    ++left_;
    longest_ = std::max(longest_, stopwaitsecs);
  }
  if (state != process_state::fatal)
    return;
  ++fatal_;
  if (named_size_ > most_status)
    return;
  named_.push_back(line_of(group == process ? std::string(process) : std::string(group).append(":").append(process)));
  named_size_ += named_.back().size() + 2;
}

std::string notify_summary::states() const {
  auto text = all_ == 0
                ? "no programs"
                : std::to_string(running_) + " of " + config::counted(all_, "program") + (all_ == 1 ? " runs" : " run");
  if (fatal_ == 0)
    return text;
  text += "; FATAL: ";
  for (auto shown = named_.size();; --shown) {
    std::string names;
    for (std::size_t i = 0; i < shown; ++i)
      names += (i == 0 ? "" : ", ") + named_[i];
    if (shown == 0)
      names = config::counted(fatal_, "program");
    else if (shown < fatal_)
      names += " and " + std::to_string(fatal_ - shown) + " more";
    if (shown == 0 || text.size() + names.size() <= most_status)
      return text + names;
  }
}

std::string notify_summary::ending() const { return "stopping: " + config::counted(left_, "program") + " left"; }

std::chrono::microseconds notify_summary::patience() const {
  return std::chrono::seconds{std::clamp<std::int64_t>(longest_, 0, longest_patience) + beyond_the_wait};
}

std::string notify_ready(std::string_view status) {
  return status.empty() ? "READY=1" : "READY=1\n" + notify_status(status);
}

std::string notify_status(std::string_view status) { return "STATUS=" + cut(line_of(status)); }

std::string notify_failure(std::string_view why, int number) {
  return notify_status(why) + (number > 0 ? "\nERRNO=" + std::to_string(number) : "");
}

std::string notify_reloading(std::chrono::microseconds monotonic_now) {
  return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_now.count());
}

std::string notify_stopping(const notify_summary& states) {
  return "STOPPING=1\n" + notify_status(states.ending()) +
         "\nEXTEND_TIMEOUT_USEC=" + std::to_string(states.patience().count());
}

std::string notify_main_pid(std::int64_t pid) { return "MAINPID=" + std::to_string(pid); }

std::string notify_watchdog() { return "WATCHDOG=1"; }

} // namespace troupe::protocols
