// What the tests of a killed worker share: the memory and the pipe that outlive it, a log, and the worker itself, a
// forked copy of the test that is killed. Must not hold cases.
#pragma once

#include "actors/io/child_io.hpp"
#include "platform/descriptors.hpp"
#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::tests {

/// So that a byte that is lost or doubled shows.
inline std::string text_of(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i)
    text += std::to_string(i) + ' ';
  return text.substr(0, size);
}

/// No file of this process grows beyond that; a signal kills it where it tries to write on.
inline void die_at_size(std::size_t bytes) {
  rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  std::signal(SIGXFSZ, SIG_DFL);
  rlimit most{bytes, bytes};
  ::setrlimit(RLIMIT_FSIZE, &most);
}

[[noreturn]] inline void die() {
  ::kill(::getpid(), SIGKILL);
  for (;;)
    ::pause();
}

struct survivors : scratch {
  static constexpr std::uint32_t slot = 4;

  survivors() {
    BOOST_TEST_REQUIRE(static_cast<bool>(room));
    BOOST_TEST_REQUIRE(platform::make_pipe(out, in) == 0);
    ::fcntl(out.get(), F_SETFL, O_NONBLOCK);
    platform::widen_pipe(in.get(), 1 << 20);
  }

  void says(const std::string& text) const {
    BOOST_TEST_REQUIRE(::write(in.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }

  /// Does `work`, in which it must be killed.
  template <class Work>
  void killed_in(Work work) const {
    auto pid = ::fork();
    if (pid == 0) {
      ::alarm(60);
      work();
      ::_exit(99);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    BOOST_TEST_REQUIRE(WIFSIGNALED(status));
  }

  /// The memory as the next worker finds it.
  actors::finished_batches resume() {
    auto next = actors::pump_room::map(platform::unique_fd{::fcntl(room->fd(), F_DUPFD_CLOEXEC, 3)});
    BOOST_TEST_REQUIRE(static_cast<bool>(next));
    room = std::move(next);
    return actors::finish_half_batches(*room, [this](std::uint32_t of, std::uint32_t channel) {
      return of == slot && channel == 1 ? std::optional<actors::log_names>{{in_log, backups}} : std::nullopt;
    });
  }

  actors::child_streams streams(std::vector<actors::half_batch> again = {}) {
    auto options = std::make_shared<config::process_options>();
    options->name = "p";
    options->out.events_enabled = events;
    auto who = std::make_shared<actors::process_identity>();
    who->id = 7;
    who->slot = slot;
    who->options = options;
    who->group = "p";
    actors::child_streams s{.who = who, .pid = 1};
    s.out.pipe.reset(::fcntl(out.get(), F_DUPFD_CLOEXEC, 3));
    s.out.file = logs.open(in_log, max_bytes, backups).log;
    s.out.again = std::move(again);
    return s;
  }

  /// All that is in the pipe, and `again` before it, goes where it belongs.
  void pump(std::vector<actors::half_batch> again = {}) {
    actors::child_io io{log, {{.publish = [this](const protocols::event& e) { published += e.body; }}, {}, room.get()}};
    io.attach(streams(std::move(again)));
    io.finish(7);
  }

  void go_on() {
    auto left = resume();
    pump(std::move(left.again));
  }

  /// The log and its backups, oldest first.
  std::string all_logs() const {
    std::string all;
    for (auto i = backups; i > 0; --i)
      all += read("log." + std::to_string(i));
    return all + read("log");
  }

  std::unique_ptr<actors::pump_room> room = actors::pump_room::make();
  platform::unique_fd out, in;
  std::string in_log = scratch::in("log");
  std::int64_t max_bytes = 0;
  std::int64_t backups = 5;
  bool events = false;
  std::string published;
  platform::main_log log{{"/dev/null", 0, 0, config::log_level::info, false, ""}};
  platform::shared_logs logs;
};

} // namespace troupe::tests
