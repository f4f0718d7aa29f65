// How it is found out whether a process is ready, and later whether it is healthy: what a program may ask for. Plain
// data; the defaults are what Supervisor does. Must not look (actors/io/probe_desk does) or decide (actors/core does).
// Source: docs/contract/programs.md, 3.1 and 4.1.
#pragma once

#include "config/shared_text.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace troupe::config {

struct check_form {
  enum class kind : std::uint8_t { none, notify, fd, tcp, unix_socket, http, exec, logline };
  kind what = kind::none; ///< none: ready=startsecs, or no health
  shared_text host;       ///< of tcp and http: a name or an address, without brackets
  int number = 0;         ///< port of tcp and http; of fd: the descriptor
  shared_text text;       ///< path of unix and (from its `/` on) http, command of exec, expression of logline
  shared_text shown;      ///< as written: `tcp:5432`
  bool operator==(const check_form&) const = default;
  explicit operator bool() const { return what != kind::none; }
};

struct ready_options {
  check_form form;                           ///< none: alive for more than startsecs
  std::chrono::milliseconds timeout{60'000}; ///< from the spawn; 0: none
  std::chrono::milliseconds interval{1000};  ///< between two probes
  bool operator==(const ready_options&) const = default;
};

struct health_options {
  enum class action : std::uint8_t { restart, signal, event, none };
  check_form form;                            ///< none: it is not looked at
  std::chrono::milliseconds interval{10'000}; ///< start to start; of notify: the longest time without WATCHDOG=1
  std::chrono::milliseconds timeout{3000};    ///< of one probe
  std::optional<std::int64_t> retries;        ///< failures in a row; unset: 3, of notify 1
  std::chrono::milliseconds startperiod{0};   ///< failures do not count so long after RUNNING
  action then = action::restart;              ///< once it is unhealthy
  int signo = 0;                              ///< of action::signal
  bool operator==(const health_options&) const = default;
  std::int64_t most_failures() const { return retries.value_or(form.what == check_form::kind::notify ? 1 : 3); }
};

} // namespace troupe::config
