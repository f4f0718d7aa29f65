// Ports, sockets and HTTP servers as probes see them: real listeners on the loopback and in a folder of our own. A time
// limit in here is one that has to come; nothing depends on who is faster.
#include "actors/io/http_probe.hpp"
#include "tests/io/probe_stage.hpp"

#include <boost/asio/write.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <array>
#include <future>
#include <ostream>

#include <sys/socket.h>
#include <sys/un.h>

BOOST_AUTO_TEST_SUITE(probe_desk_test)

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;
using boost::asio::ip::tcp;
namespace asio = boost::asio;
namespace data = boost::unit_test::data;

namespace {

struct stage : tests::probe_stage {
  /// Listens, and lets the system accept. Its port.
  int listen() {
    listener.emplace(io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    return listener->local_endpoint().port();
  }
  /// Bound, so that it is nobody else's, but nobody listens.
  int closed_port() {
    bound.emplace(io);
    bound->open(tcp::v4());
    bound->bind({asio::ip::make_address("127.0.0.1"), 0});
    return bound->local_endpoint().port();
  }
  /// Accepts one client, hears it out and answers. `ends`: closes then.
  int answer_with(std::string text, bool ends = true) {
    int port = listen();
    reply = std::move(text);
    closes = ends;
    listener->async_accept([this](const boost::system::error_code& failed, tcp::socket peer) {
      if (failed)
        return;
      client.emplace(std::move(peer));
      hear();
    });
    return port;
  }
  void hear() {
    client->async_read_some(asio::buffer(bytes), [this](const boost::system::error_code& failed, std::size_t n) {
      if (failed)
        return;
      heard.append(bytes.data(), n);
      if (!heard.ends_with("\r\n\r\n"))
        return hear();
      asio::async_write(*client, asio::buffer(reply), [this](const boost::system::error_code&, std::size_t) {
        boost::system::error_code ignored;
        if (closes)
          client->close(ignored);
      });
    });
  }
  int listen_unix(const std::string& path, int backlog = 5) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    unix_listener.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    BOOST_TEST_REQUIRE(::bind(unix_listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return backlog < 0 ? 0 : ::listen(unix_listener.get(), backlog);
  }
  static config::check_form tcp_form(const std::string& host, int port) { return form(kind::tcp, host, port); }
  static config::check_form unix_form(const std::string& path) { return form(kind::unix_socket, "", 0, path); }
  static config::check_form http_form(int port, const std::string& path = "/") {
    return form(kind::http, "127.0.0.1", port, path);
  }
  static std::string port_text(int port) { return std::to_string(port); }

  std::optional<tcp::acceptor> listener;
  std::optional<tcp::socket> bound;
  std::optional<tcp::socket> client;
  platform::unique_fd unix_listener;
  std::array<char, 4096> bytes{};
  std::string heard, reply;
  bool closes = true;
};

/// A job of the crew that hangs until it is let go.
struct hanging {
  explicit hanging(work_crew& crew) {
    BOOST_TEST_REQUIRE(crew.post([begun = begun, held = let_go.get_future().share()] {
      begun->set_value();
      held.wait();
    }));
    begun->get_future().wait();
  }
  ~hanging() { let_go.set_value(); }
  std::shared_ptr<std::promise<void>> begun = std::make_shared<std::promise<void>>();
  std::promise<void> let_go;
};

struct http_row {
  const char* what;
  std::string reply;
  const char* result;
};
std::ostream& operator<<(std::ostream& out, const http_row& r) { return out << r.what; }

const http_row http_rows[] = {
  // clang-format off
  {"200",            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",        "ok"},
  {"204",            "HTTP/1.1 204 No Content\r\n\r\n",                       "ok"},
  {"302",            "HTTP/1.1 302 Found\r\nLocation: /else\r\n\r\n",         "ok"},
  {"399",            "HTTP/1.0 399 Odd\r\n\r\n",                              "ok"},
  {"400",            "HTTP/1.1 400 Bad Request\r\n\r\n",                      "HTTP 400"},
  {"404",            "HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n",  "HTTP 404"},
  {"503",            "HTTP/1.1 503 Service Unavailable\r\n\r\n",              "HTTP 503"},
  {"garbage",        "SSH-2.0-OpenSSH_9.2\r\n",                               "no HTTP answer"},
  {"nothing",        "",                                                      "no HTTP answer"},
  {"half a head",    "HTTP/1.1 200 OK\r\nServer: x\r\n",                      "no HTTP answer"},
  {"endless header", "HTTP/1.1 200 OK\r\nX: " + std::string(20000, 'x'),      "no HTTP answer"},
  {"endless lines",  "HTTP/1.1 200 OK\r\n" + [] { std::string all; for (int i = 0; i < 2000; ++i) all += "A: bcd\r\n"; return all; }(),
                                                                              "no HTTP answer"},
  // clang-format on
};

struct request_row {
  const char* host;
  int port;
  const char* path;
  const char* request;
};
std::ostream& operator<<(std::ostream& out, const request_row& r) { return out << r.host << r.port << r.path; }

const request_row request_rows[] = {
  {"127.0.0.1", 80, "/",
   "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: supervisord\r\nAccept: */*\r\nConnection: close\r\n\r\n"},
  {"::1", 8080, "/a?b=c",
   "GET /a?b=c HTTP/1.1\r\nHost: [::1]:8080\r\nUser-Agent: supervisord\r\nAccept: */*\r\nConnection: close\r\n\r\n"},
  {"::1", 80, "/",
   "GET / HTTP/1.1\r\nHost: [::1]\r\nUser-Agent: supervisord\r\nAccept: */*\r\nConnection: close\r\n\r\n"},
};

} // namespace

// -- ports -----------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_port_where_somebody_listens, stage) {
  int port = listen();
  BOOST_TEST(answer_to(tcp_form("127.0.0.1", port)) == "ok");
  tcp::socket peer = listener->accept();
  char byte = 0;
  BOOST_TEST(::recv(peer.native_handle(), &byte, 1, 0) == 0); // it is closed at once
}

BOOST_FIXTURE_TEST_CASE(a_port_where_nobody_listens, stage) {
  int port = closed_port();
  BOOST_TEST(answer_to(tcp_form("127.0.0.1", port)) == "connect 127.0.0.1:" + port_text(port) + ": Connection refused");
}

BOOST_FIXTURE_TEST_CASE(a_name_has_several_addresses, stage) { // ::1 and 127.0.0.1, say
  int port = listen();
  BOOST_TEST(answer_to(tcp_form("localhost", port)) == "ok");
  int closed = closed_port();
  BOOST_TEST(answer_to(tcp_form("localhost", closed)) ==
             "connect localhost:" + port_text(closed) + ": Connection refused");
}

BOOST_FIXTURE_TEST_CASE(a_name_that_nobody_has, stage) { // too long to be one, so that no server is asked
  std::string name = std::string(70, 'x') + ".invalid";
  BOOST_TEST(answer_to(tcp_form(name, 80)).starts_with("connect " + name + ":80: "));
}

BOOST_FIXTURE_TEST_CASE(a_name_service_hangs, stage) {
  std::vector<std::unique_ptr<hanging>> jobs;
  for (std::size_t i = 0; i <= work_crew::most_hanging; ++i) {
    jobs.push_back(std::make_unique<hanging>(crew));
    crew.relieve(0s);
  }
  BOOST_TEST(answer_to(tcp_form("localhost", 80)) == "connect localhost:80: too many looks hang");
  BOOST_TEST(answer_to(unix_form("/a")) == "connect unix:/a: too many looks hang");
  BOOST_TEST(answer_to(tcp_form("127.0.0.1", listen())) == "ok"); // needs nobody
}

// -- unix sockets ----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(paths, stage) {
  auto path = folder.in("s");
  BOOST_TEST(answer_to(unix_form(path)) == "connect unix:" + path + ": No such file or directory");
  folder.write("file", "");
  BOOST_TEST(answer_to(unix_form(folder.in("file"))) == "connect unix:" + folder.in("file") + ": Connection refused");
  std::string far(200, 'x');
  BOOST_TEST(answer_to(unix_form("/" + far)) == "connect unix:/" + far + ": File name too long");
  BOOST_TEST_REQUIRE(listen_unix(path) == 0);
  BOOST_TEST(answer_to(unix_form(path)) == "ok");
  options->directory = folder.path;
  BOOST_TEST(answer_to(unix_form("s")) == "ok");
  BOOST_TEST(answer_to(unix_form("t")) == "connect unix:t: No such file or directory");
}

BOOST_FIXTURE_TEST_CASE(others_looks_hang, stage) {
  BOOST_TEST_REQUIRE(listen_unix(folder.in("s")) == 0);
  hanging job(crew);
  BOOST_TEST(answer_to(unix_form(folder.in("s"))) == "ok"); // the thread is left behind
  BOOST_TEST(crew.hanging() == 1U);
}

BOOST_FIXTURE_TEST_CASE(its_time_is_over_while_it_waits_for_its_turn, stage) {
  BOOST_TEST_REQUIRE(listen_unix(folder.in("s")) == 0);
  hanging job(crew);
  BOOST_TEST(answer_to(unix_form(folder.in("s")), 10ms) == "no answer within 0.01 seconds");
  BOOST_TEST(answer_to(unix_form(folder.in("s"))) == "ok");
}

BOOST_FIXTURE_TEST_CASE(two_of_one_path, stage) {
  BOOST_TEST_REQUIRE(listen_unix(folder.in("s")) == 0);
  std::vector<std::string> told;
  std::vector<std::unique_ptr<probe>> both;
  for (int i = 0; i < 2; ++i)
    both.push_back(desk->begin({unix_form(folder.in("s")), who, 0, 20s, "ready"},
                               [&told](const probe_result& r) { told.push_back(r.ok ? "ok" : r.detail); }));
  run_until([&] { return told.size() == 2; });
  BOOST_TEST(told == (std::vector<std::string>{"ok", "ok"}), boost::test_tools::per_element());
}

// -- HTTP ------------------------------------------------------------------------------------------

BOOST_DATA_TEST_CASE(requests, data::make(request_rows), r) {
  BOOST_TEST(http_request_of(stage::form(stage::kind::http, r.host, r.port, r.path)) == r.request);
}

BOOST_DATA_TEST_CASE_F(stage, statuses, data::make(http_rows), r) {
  int port = answer_with(r.reply);
  BOOST_TEST(answer_to(http_form(port, "/x")) == r.result);
  BOOST_TEST(heard.starts_with("GET /x HTTP/1.1\r\nHost: 127.0.0.1:" + port_text(port) + "\r\n"));
}

BOOST_FIXTURE_TEST_CASE(the_head_is_enough, stage) { // the body never comes
  BOOST_TEST(answer_to(http_form(answer_with("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", false))) == "ok");
}

BOOST_FIXTURE_TEST_CASE(no_server, stage) {
  int port = closed_port();
  BOOST_TEST(answer_to(http_form(port)) == "connect 127.0.0.1:" + port_text(port) + ": Connection refused");
}

BOOST_FIXTURE_TEST_CASE(a_server_that_never_answers, stage) {
  BOOST_TEST(answer_to(http_form(listen()), 100ms) == "no answer within 0.1 seconds");
}

// -- nobody wants it any more ----------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(dropped_at_once, stage) {
  int port = listen();
  for (const auto& one : {tcp_form("127.0.0.1", port), tcp_form("localhost", port), http_form(port), unix_form("/a")}) {
    begin(one);
    running.reset();
    run_what_is_due();
    BOOST_TEST(results.empty());
  }
}

BOOST_FIXTURE_TEST_CASE(dropped_under_way, stage) {
  answer_with("", false);
  begin(http_form(listener->local_endpoint().port()));
  run_until([this] { return !heard.empty(); });
  running.reset();
  char byte = 0;
  run_what_is_due();
  BOOST_TEST(::recv(client->native_handle(), &byte, 1, MSG_DONTWAIT) == 0); // its socket is closed
  BOOST_TEST(results.empty());
}

BOOST_FIXTURE_TEST_CASE(the_answer_comes_after_everybody_has_gone, stage) {
  auto job = std::make_unique<hanging>(crew);
  begin(unix_form("/a"));
  io.poll(); // asked
  running.reset();
  desk.reset();
  job.reset();
  std::promise<void> last;
  BOOST_TEST_REQUIRE(crew.post([&] { last.set_value(); }));
  last.get_future().wait();
  run_what_is_due();
  BOOST_TEST(results.empty());
}

BOOST_FIXTURE_TEST_CASE(whoever_is_told_may_drop_it, stage) {
  int port = listen();
  bool told = false;
  running = desk->begin({tcp_form("127.0.0.1", port), who, 0, 20s, "ready"}, [&](const probe_result&) {
    running.reset();
    told = true;
  });
  run_until([&] { return told; });
}

BOOST_FIXTURE_TEST_CASE(what_is_no_probe, stage) {
  BOOST_CHECK_THROW(begin(form(kind::notify, "", 0)), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
