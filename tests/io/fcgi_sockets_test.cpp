// Who holds the socket of a FastCGI section, and when it is created and closed. Real sockets in a folder of our own.
#include "actors/io/fcgi_sockets.hpp"

#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(fcgi_sockets_test)

using namespace troupe;
using actors::fcgi_sockets;

namespace {

struct stage {
  stage() { log.open(); }

  std::shared_ptr<config::process_options> member(const std::string& section, const std::string& file) {
    auto options = std::make_shared<config::process_options>();
    options->section = section;
    config::fcgi_socket socket;
    socket.path = folder.in(file);
    options->socket = std::make_shared<const config::fcgi_socket>(socket);
    return options;
  }
  static config::group_options group_of(std::vector<config::process_options_ptr> members) {
    config::group_options group;
    group.processes = std::move(members);
    return group;
  }
  /// What was logged since the last call: C for Creating, X for Closing.
  std::string logged() {
    auto text = folder.read("main.log").substr(seen);
    seen += text.size();
    std::string events;
    for (std::size_t at = 0; (at = text.find(" INFO C", at)) != text.npos; ++at)
      events += text.compare(at, 14, " INFO Creating") == 0 ? 'C' : 'X';
    return events;
  }
  static bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

  tests::scratch folder;
  platform::main_log log{{.path = folder.in("main.log")}};
  std::size_t seen = 0;
  fcgi_sockets sockets{log};
  config::process_options_ptr f = member("fcgi-program:f", "f.sock");
};

} // namespace

BOOST_FIXTURE_TEST_CASE(one_socket_for_all_members_until_the_last_is_gone, stage) { // V168
  int fd = sockets.take(1, *f).value();
  sockets.keep(1, 100);
  BOOST_TEST(sockets.take(2, *f).value() == fd);
  sockets.keep(2, 200);
  BOOST_TEST(logged() == "C");
  sockets.give_back(1, 100);
  BOOST_TEST(is_open(fd));
  BOOST_TEST(logged() == "");
  sockets.give_back(2, 200);
  BOOST_TEST(!is_open(fd));
  BOOST_TEST(logged() == "X");
  BOOST_TEST(folder.exists("f.sock")); // the path stays
}

BOOST_FIXTURE_TEST_CASE(only_the_child_that_holds_gives_back, stage) {
  sockets.take(1, *f).value();
  sockets.keep(1, 100);
  sockets.give_back(1, 99);
  sockets.give_back(1, 0);
  sockets.give_back(7, 100);
  BOOST_TEST(logged() == "C");
  sockets.give_back(1, 100);
  sockets.give_back(1, 100);
  BOOST_TEST(logged() == "X");
}

BOOST_FIXTURE_TEST_CASE(a_spawn_that_comes_before_the_exit_was_handled, stage) {
  sockets.take(1, *f).value();
  sockets.keep(1, 100);
  BOOST_TEST(logged() == "C");
  sockets.take(1, *f).value(); // 100 must be gone, or there would be no spawn
  sockets.keep(1, 101);
  BOOST_TEST(logged() == "XC");
  sockets.give_back(1, 100);
  BOOST_TEST(logged() == "");
  sockets.give_back(1, 101);
  BOOST_TEST(logged() == "X");
}

BOOST_FIXTURE_TEST_CASE(a_failed_spawn_gives_its_reference_back, stage) {
  int fd = sockets.take(1, *f).value();
  sockets.give_back(1, 0);
  BOOST_TEST(!is_open(fd));
  BOOST_TEST(logged() == "CX");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_created_is_not_held, stage) { // V171
  auto lost = member("fcgi-program:f", "no/such/f.sock");
  for (int i = 0; i < 2; ++i) {
    auto refused = sockets.take(1, *lost);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().what == "Could not create FastCGI socket unix://" + folder.in("no/such/f.sock") +
                                         ": [Errno 2] No such file or directory");
  }
  sockets.give_back(1, 0);
  BOOST_TEST(logged() == "CC");
}

BOOST_FIXTURE_TEST_CASE(each_section_has_its_own_and_shares_it_among_groups, stage) {
  auto g = member("fcgi-program:g", "g.sock");
  auto twin = member("fcgi-program:f", "f.sock"); // of another group
  auto moved = member("fcgi-program:f", "f2.sock");
  int first = sockets.take(1, *f).value();
  BOOST_TEST(sockets.take(2, *g).value() != first);
  BOOST_TEST(sockets.take(3, *twin).value() == first);
  BOOST_TEST(sockets.take(4, *moved).value() != first);
  BOOST_TEST(logged() == "CCC");
}

BOOST_FIXTURE_TEST_CASE(a_probe_leaves_nothing_open_and_disturbs_nobody, stage) { // V166
  auto group = group_of({f, f, member("fcgi-program:g", "g.sock"), std::make_shared<config::process_options>()});
  BOOST_TEST(sockets.probe(group).has_value());
  BOOST_TEST(logged() == "CXCX");
  sockets.take(1, *f).value();
  struct stat before {};
  struct stat after {};
  ::stat(f->socket->path.c_str(), &before);
  BOOST_TEST(sockets.probe(group).has_value());
  ::stat(f->socket->path.c_str(), &after);
  BOOST_TEST(before.st_ino == after.st_ino);
  BOOST_TEST(logged() == "CCX");
  BOOST_TEST(!sockets.probe(group_of({member("fcgi-program:h", "no/h.sock")})).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
