// An event bus whose daemon dies at any store it makes, and another one that goes on from what it finds: a listener
// gets each event once and in order, with its serial. Its stdin is a real pipe; processes are none.
#include "actors/io/event_bus.hpp"
#include "actors/io/event_memory.hpp"
#include "actors/io/found_events.hpp"
#include "platform/descriptors.hpp"
#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <exception>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(event_death_test)

using namespace troupe;
using namespace troupe::actors;
using strings = std::vector<std::string>;

namespace {

struct killed {};

constexpr std::uint64_t listener = 1;

group_cell pool_cell() {
  auto options = std::make_shared<config::group_options>();
  options->kind = config::group_kind::eventlistener;
  options->name = "lst";
  options->events = {"REMOTE_COMMUNICATION"};
  options->buffer_size = 10;
  auto process = std::make_shared<config::process_options>();
  process->name = "lst";
  process->listener = true;
  auto made = std::make_shared<process_cell>();
  made->id = listener;
  made->options = process;
  options->processes.push_back(process);
  group_cell cell;
  cell.processes.push_back(made);
  cell.options = options;
  return cell;
}

/// What outlives the daemon: memory and pipes that are held, the listener.
struct world {
  world() {
    BOOST_REQUIRE(platform::make_pipe(reader, writer) == 0);
    for (int fd : {reader.get(), writer.get()})
      ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }

  /// Deaths come before this one is made.
  void step() {
    if (steps_left > 0 && --steps_left == 0)
      throw killed{};
  }

  /// What the listener reads; it answers each event by a batch of its own.
  void listen() {
    std::string piece(65536, '\0');
    for (ssize_t n = 0; (n = ::read(reader.get(), piece.data(), piece.size())) > 0;)
      in += piece.substr(0, static_cast<std::size_t>(n));
    for (auto end = in.find('\n'); end != in.npos; end = in.find('\n')) {
      auto length = std::stoul(in.substr(in.find(" len:") + 5));
      if (in.size() < end + 1 + length)
        break;
      auto serial = in.substr(in.find(" serial:") + 8);
      received.push_back(serial.substr(0, serial.find(' ')) + ' ' + in.substr(end + 1, length).substr(7, 12));
      in.erase(0, end + 1 + length);
      said.push_back("RESULT 2\nO");
      said.push_back("KREADY\n");
    }
  }

  platform::unique_fd reader, writer;
  std::map<std::uint32_t, platform::unique_fd> held; ///< by the keeper
  std::map<std::string, std::uint32_t> names;
  platform::unique_fd memory;
  std::string in;
  strings received;
  strings said{"READY\n"};    ///< the batches that the listener has written
  std::size_t heard_from = 0; ///< those before this one have been handled
  int steps_left = 0;         ///< to the death; 0: it lives
};

struct daemon_of {
  daemon_of(world& of, platform::main_log& log, std::optional<found_events> before) : w(of) {
    memory = event_memory::make([this](const std::string& name, int fd) {
      auto key = w.names.try_emplace(name, static_cast<std::uint32_t>(w.names.size()) + 16).first->second;
      if (std::uncaught_exceptions() == 0) // the dead let nothing go
        w.held[key].reset(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
      return key;
    });
    if (before)
      *serial = before->next_serial;
    event_bus::settings set;
    set.identifier = "supervisor";
    set.serial = serial;
    set.memory = memory;
    set.write = [this](std::uint64_t, std::string_view bytes, const std::shared_ptr<platform::outbox>& through) {
      w.step();
      BOOST_REQUIRE(bytes.empty() || through->fill(bytes));
      w.step();
      through->move_to(w.writer.get());
      w.step();
      sending = through;
      return true;
    };
    set.want_ticks = [](bool) {};
    bus.emplace(log, std::move(set));
    auto cell = pool_cell();
    bus->add_pool(cell);
    if (before) {
      for (auto& pool : before->pools)
        bus->go_on(std::move(pool));
      for (auto& [where, ends] : before->outboxes)
        bus->adopt(where.first, where.second, std::move(ends));
    } else {
      bus->set_running(listener, true);
    }
    w.memory.reset(::fcntl(memory->fd(), F_DUPFD_CLOEXEC, 3)); // from here on it counts
    memory->memory().after_step = [this] { w.step(); };
    if (before)
      bus->resume_sending();
  }

  /// Handles what the listener has said, and publishes until so many were.
  void work(std::uint32_t events, std::uint32_t& published) {
    for (;;) {
      w.listen();
      if (sending && sending->left() > 0) { // there is room again
        sending->move_to(w.writer.get());
        w.step();
      } else if (w.heard_from < w.said.size()) {
        bus->said(listener, w.said[w.heard_from], w.heard_from + 1);
        w.step();
        ++w.heard_from;
      } else if (published < events) {
        auto body = "event " + std::to_string(published) + std::string(published * 30'000, '.');
        bus->publish(protocols::remote_communication_event("x", body), {1, 1, published + 1});
        w.step();
        ++published;
      } else {
        return;
      }
    }
  }

  world& w;
  std::shared_ptr<std::int64_t> serial = std::make_shared<std::int64_t>(0);
  std::shared_ptr<event_memory> memory;
  std::shared_ptr<platform::outbox> sending;
  std::optional<event_bus> bus;
};

std::optional<found_events> found_in(world& w) {
  return find_events(platform::unique_fd{::fcntl(w.memory.get(), F_DUPFD_CLOEXEC, 3)}, [&](std::uint32_t key) {
    auto at = w.held.find(key);
    return at == w.held.end() ? -1 : ::fcntl(at->second.get(), F_DUPFD_CLOEXEC, 3);
  });
}

} // namespace

BOOST_AUTO_TEST_CASE(each_event_once_wherever_the_daemon_dies) {
  tests::scratch folder;
  platform::main_log log{{folder.in("log"), 0, 0, config::log_level::debug, false, ""}};
  log.open();
  constexpr std::uint32_t events = 5;
  strings all;
  for (std::uint32_t i = 0; i < events; ++i)
    all.push_back(std::to_string(i) +
                  ("event " + std::to_string(i) + std::string(i * 30'000, '.')).substr(0, 12).insert(0, " "));
  int deaths = 0;
  for (int first = 1, lived = 0; !lived; ++first)
    for (int second : {0, 2, 7}) { // so many steps behind the first death; 0: there is none
      world w;
      std::uint32_t published = 0;
      std::optional<found_events> before;
      int lives = 0;
      for (bool over = false; !over; ++lives)
        try {
          w.steps_left = lives == 0 ? first : lives == 1 ? second : 0;
          daemon_of now{w, log, std::move(before)};
          now.work(events, published);
          over = true;
        } catch (killed) {
          ++deaths;
          before = found_in(w);
          if (before && before->last.told > published) // as the ledger is told
            published = before->last.told;
        }
      lived = lives == 1 ? 1 : 0;
      BOOST_TEST_CONTEXT("death before step " << first << ", then " << second)
      BOOST_TEST_REQUIRE(w.received == all, boost::test_tools::per_element());
    }
  BOOST_TEST(deaths > 150);
}

BOOST_AUTO_TEST_SUITE_END()
