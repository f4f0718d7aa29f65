// A thread that serves many goes on behind a handler that throws, whatever it throws.
#include "actors/contained.hpp"

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

} // namespace

BOOST_AUTO_TEST_SUITE_END()
