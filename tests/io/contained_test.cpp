// A thread that serves many goes on behind a handler that throws, whatever it throws.
#include "actors/io/contained.hpp"
#include "actors/io/steadfast.hpp"
#include "tests/scratch.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <vector>

BOOST_AUTO_TEST_SUITE(contained_test)

using namespace troupe::actors;
using strings = std::vector<std::string>;

namespace {

BOOST_AUTO_TEST_CASE(what_comes_behind_is_done) {
  boost::asio::io_context io;
  strings done;
  boost::asio::post(io, [] { throw std::runtime_error("no\nluck"); });
  boost::asio::post(io, [&] { done.push_back("first"); });
  boost::asio::post(io, [] { throw 7; });
  boost::asio::post(io, [&] { done.push_back("second"); });
  run_contained(io, [&](const std::exception_ptr& failure) { done.push_back(words_of(failure)); });
  BOOST_TEST(done == (strings{"'no\\nluck'", "first", "an exception that is none of the standard library's", "second"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nor_does_the_report_end_it) {
  boost::asio::io_context io;
  int done = 0;
  boost::asio::post(io, [] { throw std::runtime_error("no luck"); });
  boost::asio::post(io, [&] { ++done; });
  run_contained(io, [](const std::exception_ptr&) { throw std::bad_alloc(); });
  BOOST_TEST(done == 1);
}

BOOST_FIXTURE_TEST_CASE(handlers_of_an_actor, troupe::tests::scratch) {
  troupe::platform::main_log log{{.path = in("main.log")}};
  BOOST_TEST(log.open() == 0);
  int done = 0;
  auto handler = steadfast{log, "somebody"}([&](const std::string& message) {
    if (message == "bad")
      throw std::bad_alloc();
    ++done;
  });
  handler("bad");
  handler("good");
  BOOST_TEST(done == 1);
  BOOST_TEST(read("main.log").ends_with(" CRIT somebody met 'std::bad_alloc' and goes on\n"));
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
