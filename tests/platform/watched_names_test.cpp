// The names on the way to a file, by links of all kinds.
#include "platform/watched_names.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

BOOST_AUTO_TEST_SUITE(watched_names_test)

using namespace troupe;
namespace fs = std::filesystem;

namespace {

struct fixture : tests::scratch {
  /// Those below the scratch folder, without it.
  std::string names(const std::string& of) {
    std::string all;
    auto root = fs::canonical(in(".")).string() + '/';
    for (const auto& name : platform::watched_names(root + of))
      if (name.starts_with(root))
        all += (all.empty() ? "" : " ") + name.substr(root.size());
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(each_link_and_the_file, fixture) {
  fs::create_directories(in("v1"));
  fs::create_directories(in("etc"));
  std::ofstream{in("v1/cert")} << 'x';
  fs::create_symlink("v1", in("now"));
  fs::create_symlink("../now/cert", in("etc/cert"));
  fs::create_symlink(fs::canonical(in("etc")) / "cert", in("far"));
  BOOST_TEST(names("v1/cert") == "v1/cert");
  BOOST_TEST(names("now/cert") == "now v1/cert");
  BOOST_TEST(names("etc/cert") == "etc/cert now v1/cert");
  BOOST_TEST(names("far") == "far etc/cert now v1/cert");
  BOOST_TEST(names("etc/../v1/./cert") == "v1/cert");
}

BOOST_FIXTURE_TEST_CASE(where_nothing_is_the_way_ends, fixture) {
  fs::create_symlink("gone/cert", in("dangling"));
  fs::create_symlink("round", in("round"));
  BOOST_TEST(names("nope/cert") == "nope");
  BOOST_TEST(names("dangling") == "dangling gone");
  BOOST_TEST(platform::watched_names(in("round")).size() <= 40u + 1);
}

BOOST_AUTO_TEST_SUITE_END()
