// The servers' actor on a real thread with real sockets: when it dies, or what it opened fails, no connection waits in
// vain. Must not test what is answered (the system tests do).
#include "actors/http_actor.hpp"
#include "actors/kept_alive.hpp"
#include "actors/threadless_scheduler.hpp"
#include "tests/scratch.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

BOOST_AUTO_TEST_SUITE(http_actor_test)

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s; // for what hangs

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

platform::unique_fd listening(const std::string& path) {
  platform::unique_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  auto address = address_of(path);
  BOOST_REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  BOOST_REQUIRE(::listen(fd.get(), 64) == 0);
  return fd;
}

struct client {
  explicit client(const std::string& path) {
    auto address = address_of(path);
    BOOST_REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  void call(const std::string& method, const std::string& param = "") {
    auto body = "<methodCall><methodName>" + method + "</methodName><params>" + param + "</params></methodCall>";
    send("POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body);
  }
  void send(const std::string& text) {
    BOOST_REQUIRE(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  /// An answer up to the end of its document; empty: it was closed before.
  std::string answer() {
    std::string text;
    while (text.find("</methodResponse>") == text.npos) {
      pollfd ready{fd.get(), POLLIN, 0};
      BOOST_REQUIRE_MESSAGE(::poll(&ready, 1, 20000) == 1, "no answer after: " << text);
      char bytes[4096];
      auto n = ::recv(fd.get(), bytes, sizeof bytes, 0);
      if (n <= 0)
        return {};
      text.append(bytes, static_cast<std::size_t>(n));
    }
    return text;
  }
  bool is_served() {
    call("supervisor.getAPIVersion");
    return answer().find("<string>3.0</string>") != std::string::npos;
  }
  platform::unique_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

struct stage {
  explicit stage(bool starts = true) {
    log.open();
    if (starts)
      servers.start();
    auto spawn = [this] {
      auto made = spawn_on(host, run_http, &servers, &log);
      std::lock_guard lock{mutex};
      actor = made;
      ++spawned;
      return caf::actor_cast<caf::strong_actor_ptr>(made);
    };
    keep_alive(host, log, {"the actor of the HTTP servers", spawn});
  }
  ~stage() {
    servers.stop();
    std::lock_guard lock{mutex};
    actor = nullptr;
  }

  http_settings settings() {
    http_settings s;
    for (const auto* name : {"a", "b"})
      s.listeners.push_back({listening(folder.in(name)), {}});
    s.ask = [this](control_request, control_answer_to to) { asked.set_value(std::move(to)); };
    s.accepting = [this] {
      if (failures > 0) {
        --failures;
        throw std::runtime_error("no luck");
      }
    };
    return s;
  }
  void kill() {
    http_actor now;
    int before = 0;
    {
      std::lock_guard lock{mutex};
      now = actor;
      before = spawned;
    }
    caf::anon_send_exit(now, caf::exit_reason::kill);
    wait("another actor", [&] {
      std::lock_guard lock{mutex};
      return spawned > before;
    });
  }
  template <class Condition>
  void wait(const char* what, Condition condition) {
    for (auto end = std::chrono::steady_clock::now() + patience; !condition();) {
      BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, "waited in vain for " << what);
      std::this_thread::sleep_for(1ms);
    }
  }
  bool logged(const std::string& what) { return folder.read("log").find(what) != std::string::npos; }

  tests::scratch folder;
  platform::main_log log{{folder.in("log"), 0, 0, config::log_level::info, false, ""}};
  status_board board;
  child_io io{log, {}};
  std::atomic<int> failures{0}; ///< of accept loops, to come
  std::promise<control_answer_to> asked;
  threadless_config config;
  caf::actor_system system{config};
  http_server servers{{board, io, log, "test", [](protocols::event) {}, {"supervisor"}, {}}, settings()};
  asio_host host{system, servers.io()};
  std::mutex mutex; ///< of what follows
  http_actor actor;
  int spawned = 0;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(clients_wait_until_they_are_let_in, stage) {
  client early{folder.in("a")};
  early.call("supervisor.getAPIVersion");
  kill(); // the next one must not let them in either
  pollfd answered{early.fd.get(), POLLIN, 0};
  BOOST_TEST(::poll(&answered, 1, 0) == 0);
  servers.want_open();
  BOOST_TEST(early.answer().find("3.0") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(killed_while_idle, stage) {
  servers.want_open();
  BOOST_TEST(client{folder.in("a")}.is_served());
  kill();
  BOOST_TEST(client{folder.in("a")}.is_served());
  BOOST_TEST(client{folder.in("b")}.is_served());
  BOOST_TEST(logged("the actor of the HTTP servers died and is rebuilt from its record"));
}

BOOST_FIXTURE_TEST_CASE(killed_with_sessions_open, stage) {
  servers.want_open();
  client open{folder.in("a")};
  BOOST_TEST(open.is_served());
  kill();
  BOOST_TEST(open.is_served());
}

BOOST_FIXTURE_TEST_CASE(killed_while_a_request_waits, stage) {
  servers.want_open();
  client waits{folder.in("a")};
  waits.call("supervisor.startProcess", "<param><value><string>p</string></value></param>");
  auto answer = asked.get_future();
  BOOST_REQUIRE(answer.wait_for(patience) == std::future_status::ready);
  kill();
  (*answer.get())(std::monostate{});
  BOOST_TEST(waits.answer().find("<boolean>1</boolean>") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_accept_loop_that_throws, stage) {
  servers.want_open();
  client before{folder.in("b")};
  BOOST_TEST(before.is_served());
  failures = 2; // the second time when it is opened again
  client waits{folder.in("a")};
  BOOST_TEST(waits.is_served());
  BOOST_TEST(failures == 0);
  BOOST_TEST(before.is_served());
  BOOST_TEST(logged("HTTP: accepting connections: 'no luck'"));
}

BOOST_FIXTURE_TEST_CASE(killed_while_a_server_that_failed_pauses, stage) {
  servers.want_open();
  failures = 1;
  client waits{folder.in("a")};
  waits.call("supervisor.getAPIVersion");
  wait("the failure", [&] { return logged("no luck"); });
  kill(); // its reminder goes with it
  BOOST_TEST(waits.answer().find("3.0") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws, stage) {
  servers.want_open();
  boost::asio::post(servers.io(), [] { throw std::runtime_error("nobody is to blame"); });
  wait("the record", [&] { return logged("HTTP: 'nobody is to blame'"); });
  BOOST_TEST(client{folder.in("a")}.is_served());
}

BOOST_FIXTURE_TEST_CASE(killed_at_the_end_of_the_daemon, stage) {
  servers.want_open();
  client open{folder.in("a")};
  BOOST_TEST(open.is_served());
  {
    std::lock_guard lock{mutex};
    caf::anon_send_exit(actor, caf::exit_reason::kill);
  }
  servers.stop(); // by the one that follows, or by itself
  BOOST_TEST(open.answer().empty());
}

BOOST_AUTO_TEST_CASE(servers_that_never_started_end_with_their_actor) {
  stage one{false};
  one.servers.stop();
  one.system.await_all_actors_done();
  BOOST_TEST(one.spawned == 1);
}

BOOST_AUTO_TEST_SUITE_END()
