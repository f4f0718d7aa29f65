// A build without what the pair of keeper and worker needs: whoever asks is told, and nothing is made or found.
#include "platform/batch.hpp"
#include "platform/keeper_link.hpp"
#include "platform/memory_file.hpp"
#include "platform/pair.hpp"
#include "platform/spawn.hpp"
#include "platform/stranger.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <filesystem>
#include <string>

#include <unistd.h>

BOOST_AUTO_TEST_SUITE(no_pair_test)

using namespace troupe::platform;

BOOST_AUTO_TEST_CASE(it_is_said) {
  BOOST_TEST(trouble_with_pair() == "it needs Linux");
  BOOST_TEST(!siblings_can_be_made());
}

BOOST_AUTO_TEST_CASE(none_is_begun) {
  troupe::tests::scratch folder;
  auto path = folder.path + "/register";
  auto pair = begin_pair(path, {});
  BOOST_TEST(pair.error == ENOTSUP);
  BOOST_TEST(!pair.memory);
  BOOST_TEST(!std::filesystem::exists(path));
  BOOST_TEST(!first_seat(std::move(pair)).memory);
  BOOST_TEST(!resumed_seat().memory);
}

BOOST_AUTO_TEST_CASE(nothing_is_found) {
  BOOST_TEST(make_register({}).error == ENOTSUP);
  auto found = find_register("/dev/null"); // whatever it is
  BOOST_TEST(!found.memory);
  BOOST_TEST(found.trouble.empty());
  BOOST_TEST(!found.is_ours);
  BOOST_TEST(!hold_stranger(::getppid(), since_boot()));
}

BOOST_AUTO_TEST_CASE(there_is_nobody_to_talk_to) {
  unique_fd keeper_end;
  unique_fd worker_end;
  BOOST_TEST(make_keeper_sockets(keeper_end, worker_end) == ENOTSUP);
  BOOST_TEST(!worker_end);
  BOOST_TEST(!memory_file::make(4096, true));
  batch_record record{};
  BOOST_TEST(take(record, {}, 0).error == ENOTSUP);
}

BOOST_AUTO_TEST_SUITE_END()
