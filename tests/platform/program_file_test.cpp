// Which files may be executed in the daemon's place (docs/contract/survival.md, 6.1).
#include "platform/program_file.hpp"

#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>

BOOST_AUTO_TEST_SUITE(program_file_test)

using namespace troupe::platform;

BOOST_AUTO_TEST_CASE(who_can_change_it) {
  constexpr uid_t own = 1000;
  struct {
    mode_t mode;
    uid_t owner;
    bool by_others;
  } const cases[] = {
    {S_IFREG | 0755, 0, false},  {S_IFREG | 0755, own, false},  {S_IFREG | 0755, 1001, true},
    {S_IFREG | 0775, 0, true},   {S_IFREG | 0757, own, true},   {S_IFREG | 01777, 0, true},
    {S_IFDIR | 0755, 0, false},  {S_IFDIR | 0775, own, true},   {S_IFDIR | 0777, 0, true},
    {S_IFDIR | 01777, 0, false}, {S_IFDIR | 01777, 1001, true},
  };
  for (const auto& c : cases) {
    struct stat what {};
    what.st_mode = c.mode;
    what.st_uid = c.owner;
    BOOST_TEST(others_can_change(what, own) == c.by_others, std::oct << c.mode << " of " << std::dec << c.owner);
  }
}

BOOST_AUTO_TEST_CASE(on_the_disk) {
  troupe::tests::scratch scratch;
  auto path = scratch.in("program");
  std::ofstream(path) << "#!/bin/sh\n";
  auto mode = [](const std::string& of, unsigned to) {
    std::filesystem::permissions(of, static_cast<std::filesystem::perms>(to));
  };
  auto trouble = [&] { return trouble_with_program(path, ::geteuid()); };
  mode(path, 0644);
  BOOST_TEST(trouble() == path + ": Permission denied");
  mode(path, 0755);
  BOOST_TEST(trouble() == "");
  mode(path, 0775);
  BOOST_TEST(trouble() == path + " can be written by others");
  mode(path, 0755);
  auto folder = std::filesystem::path(path).parent_path().string();
  mode(folder, 0777);
  BOOST_TEST(trouble() == path + " can be written by others");
  mode(folder, 01777);
  BOOST_TEST(trouble() == "");
  mode(folder, 0755);
  BOOST_TEST(trouble_with_program(folder, ::geteuid()) == folder + ": Is a directory");
  BOOST_TEST(trouble_with_program(path + "x", ::geteuid()) == path + "x: No such file or directory");
  BOOST_TEST(trouble_with_program("program", ::geteuid()) == "program is not an absolute path");
}

BOOST_AUTO_TEST_SUITE_END()
