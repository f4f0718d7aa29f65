// What the service manager that started the daemon (systemd) is told, as text: the datagrams of sd_notify(3), and what
// is said in one line of the states of all processes. Must not send anything or know when (actors/io/notify_desk.hpp
// does). Source: docs/systemd.md. Cases: tests/protocols/notify_text_test.cpp.
#pragma once

#include "protocols/process_state.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::protocols {

constexpr std::size_t most_status =
  200; ///< bytes of a STATUS: a keeper's message has room for it and what goes with it

/// What a manager says to the daemon by its environment is for nobody else: NOTIFY_SOCKET, LISTEN_FDS and the like.
bool is_for_the_daemon_alone(std::string_view variable);

/// The states of all processes, added one by one, in the order in which they are to be named.
class notify_summary {
public:
  void add(std::string_view group, std::string_view process, process_state state, std::int64_t stopwaitsecs);

  std::string states() const; ///< 12 of 14 programs run; FATAL: db, web:web_01
  std::string ending() const; ///< stopping: 3 programs left
  /// So long the rest of a stop may take: the longest stopwaitsecs of what runs, and a little more.
  std::chrono::microseconds patience() const;

private:
  std::size_t all_ = 0;
  std::size_t running_ = 0; ///< as RUNNING
  std::size_t left_ = 0;    ///< with a child
  std::int64_t longest_ = 0;
  std::size_t fatal_ = 0;
  std::vector<std::string> named_; ///< the first of those; as many as may find room
  std::size_t named_size_ = 0;
};

// -- datagrams -------------------------------------------------------------------------------------------
std::string notify_ready(std::string_view status); ///< empty: what was said last stays
std::string notify_status(std::string_view status);
/// A start that has failed, at its end. `number`: errno; 0: there is none.
std::string notify_failure(std::string_view why, int number);
std::string notify_reloading(std::chrono::microseconds monotonic_now);
std::string notify_stopping(const notify_summary& states);
std::string notify_main_pid(std::int64_t pid);
std::string notify_watchdog();

} // namespace troupe::protocols
