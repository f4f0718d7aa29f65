// Files that are rotated: what may be moved and what must stay, and what is written when there is no room.
// Beyond files_test.cpp. Sections 5.3 and 5.4 of docs/contract/lifecycle.md; N8 and N21.
#include "platform/log_follower.hpp"
#include "platform/log_path.hpp"
#include "platform/rotating_file.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(rotating_file_test)

using namespace troupe::platform;
using namespace troupe::tests;
namespace data = boost::unit_test::data;
namespace fs = std::filesystem;

namespace {

struct rotation_row {
  const char* when;
  int max_bytes, backups, writes; ///< of 10 bytes each
  const char* sizes;              ///< of F, F.1, F.2, F.3; - where there is none
};
std::ostream& operator<<(std::ostream& out, const rotation_row& r) { return out << r.when; }

const rotation_row rotations[] = {
  {"V111", 25, 2, 12, "0 30 30 -"},
  {"V112", 25, 0, 12, "0 - - -"},
  {"negative backups truncate, too", 25, -3, 12, "0 - - -"},
  {"maxbytes 0: never", 0, 2, 12, "120 - - -"},
  {"maxbytes below 0: never", -1, 2, 12, "120 - - -"},
  {"exactly at maxbytes", 30, 2, 3, "0 30 - -"},
  {"one byte below", 31, 2, 3, "30 - - -"},
  {"a write is never split", 1, 3, 2, "0 10 10 -"},
};

} // namespace

BOOST_DATA_TEST_CASE(rotation, data::make(rotations), r) {
  scratch folder;
  rotating_file file{folder.in("f"), r.max_bytes, r.backups};
  BOOST_REQUIRE(file.open() == 0);
  for (int i = 0; i < r.writes; ++i)
    BOOST_TEST(file.write("123456789\n") == 0);
  std::string sizes;
  for (const char* name : {"f", "f.1", "f.2", "f.3"})
    sizes += (sizes.empty() ? "" : " ") +
             (folder.exists(name) ? std::to_string(fs::file_size(folder.in(name))) : std::string("-"));
  BOOST_TEST(sizes == r.sizes);
}

struct reader_row {
  const char* when;
  int backups;
  int looks_each; ///< writes
};
std::ostream& operator<<(std::ostream& out, const reader_row& r) { return out << r.when; }
const reader_row readers[] = {
  {"without backups, a look after each write", 0, 1},
  {"without backups, a look now and then", 0, 7},
  {"without backups, one at the end", 0, 1000},
  {"with backups", 3, 1},
};
BOOST_DATA_TEST_CASE(a_reader_misses_nothing, data::make(readers), r) {
  scratch folder;
  rotating_file file{folder.in("f"), 40, r.backups};
  BOOST_REQUIRE(file.open() == 0);
  auto one = log_follower::open(folder.in("f"), r.backups, 1000);
  auto another = log_follower::open(folder.in("f"), r.backups, 1000);
  BOOST_REQUIRE((one && another));
  std::string written, seen, seen_by_another;
  auto look = [](log_follower& reader, std::string& into) {
    while (reader.read(into, 16))
      continue;
  };
  for (int i = 0; i < 100; ++i) {
    auto line = "line " + std::to_string(1000 + i) + "\n";
    file.write(line);
    written += line;
    if (i % r.looks_each == 0)
      look(*one, seen);
    look(*another, seen_by_another);
  }
  look(*one, seen);
  constexpr std::string_view marker = "==> File truncated <==\n";
  for (auto* text : {&seen, &seen_by_another}) {
    for (auto at = text->find(marker); at != text->npos; at = text->find(marker))
      text->erase(at, marker.size());
    BOOST_TEST(*text == written);
  }
}

BOOST_FIXTURE_TEST_CASE(what_is_kept_for_a_reader_is_limited, scratch) {
  rotating_file file{in("f"), 1000, 0};
  BOOST_REQUIRE(file.open() == 0);
  auto reader = log_follower::open(in("f"), 0, 1000);
  BOOST_REQUIRE(reader.has_value());
  for (int i = 0; i < 4000; ++i)
    file.write(std::string(999, 'x') + "\n");
  std::string seen;
  while (reader->read(seen, 1 << 16))
    continue;
  BOOST_TEST(seen.size() >= std::size_t{1} << 20);
  BOOST_TEST(seen.size() < std::size_t{2} << 20);
}

BOOST_FIXTURE_TEST_CASE(gaps_among_the_backups_are_shifted, scratch) {
  write("f.2", "two");
  write("f.3", "three");
  rotating_file file{in("f"), 1, 3};
  file.open();
  file.write("new");
  BOOST_TEST(read("f.1") == "new");
  BOOST_TEST(!exists("f.2"));
  BOOST_TEST(read("f.3") == "two"); // what was there is replaced
}

BOOST_FIXTURE_TEST_CASE(a_removed_file_comes_back_with_the_rotation, scratch) {
  rotating_file file{in("f"), 10, 2};
  file.open();
  file.write("12345");
  fs::remove(in("f"));
  BOOST_TEST(file.write("6789") == 0);
  BOOST_TEST(!exists("f"));
  BOOST_TEST(file.write("0") == 0);
  BOOST_TEST(exists("f"));
  BOOST_TEST(!exists("f.1"));
}

BOOST_FIXTURE_TEST_CASE(two_channels_may_share_a_file, scratch) {
  rotating_file out{in("f"), 10, 2};
  rotating_file err{in("f"), 10, 2};
  out.open();
  err.open();
  out.write("123456");
  err.write("7890"); // ten bytes are in the file, though neither has written as many
  BOOST_TEST(read("f.1") == "1234567890");
}

BOOST_FIXTURE_TEST_CASE(truncated_by_others, scratch) {
  rotating_file file{in("f"), 10, 2};
  file.open();
  file.write("123456789");
  fs::resize_file(in("f"), 0);
  file.write("123456789");
  BOOST_TEST(!exists("f.1"));
}

BOOST_FIXTURE_TEST_CASE(links_stay_links, scratch) { // N21
  fs::create_directory(in("elsewhere"));
  fs::create_symlink(in("elsewhere/real"), in("f"));
  rotating_file file{in("f"), 5, 2};
  BOOST_REQUIRE(file.open() == 0);
  BOOST_TEST(file.write("12345") == 0);
  BOOST_TEST(fs::is_symlink(in("f")));
  BOOST_TEST(read("f.1") == "12345");
  BOOST_TEST(!fs::is_symlink(in("f.1")));
  file.write("67");
  BOOST_TEST(read("elsewhere/real") == "67");
  BOOST_TEST(file.clear() == 0);
  BOOST_TEST(fs::is_symlink(in("f")));
  BOOST_TEST(read("elsewhere/real") == "");
}

BOOST_FIXTURE_TEST_CASE(links_to_another_file_system, scratch) {
  struct stat here {};
  struct stat there {};
  auto far = "/dev/shm/troupe-rotating-test." + std::to_string(::getpid());
  if (::stat(path.c_str(), &here) != 0 || ::stat("/dev/shm", &there) != 0 || here.st_dev == there.st_dev ||
      ::access("/dev/shm", W_OK) != 0)
    return;
  fs::create_symlink(far, in("f"));
  rotating_file file{in("f"), 5, 2};
  BOOST_REQUIRE(file.open() == 0);
  BOOST_TEST(file.write("12345") == 0);
  BOOST_TEST(fs::is_symlink(in("f")));
  BOOST_TEST(fs::file_size(far + ".1") == 5U);
  for (const char* end : {"", ".1"})
    fs::remove(far + end);
}

BOOST_FIXTURE_TEST_CASE(the_daemon_s_own_stdout_is_left_alone, scratch) { // N21, behind a link such as /dev/stdout
  auto said = in_helper([&] {
    int out = ::open(in("out").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(out, 1);
    fs::create_symlink("/proc/self/fd/1", in("stdout"));
    rotating_file file{in("stdout"), 5, 2};
    std::string codes = std::to_string(file.open());
    codes += ' ' + std::to_string(file.write("123456"));
    codes += ' ' + std::to_string(file.write("789"));
    return codes + ' ' + std::to_string(file.clear());
  });
  BOOST_TEST(said == "0 0 0 0");
  BOOST_TEST(fs::is_symlink(in("stdout")));
  BOOST_TEST(!exists("stdout.1"));
  BOOST_TEST(read("out") == "123456789");
}

BOOST_FIXTURE_TEST_CASE(a_name_that_cannot_be_opened_loses_nothing, scratch) {
  fs::create_directory(in("sub"));
  rotating_file file{in("sub/f"), 0, 0};
  BOOST_REQUIRE(file.open() == 0);
  file.write("one");
  fs::rename(in("sub"), in("moved"));
  BOOST_TEST(file.reopen() == ENOENT);
  BOOST_TEST(file.write("two") == 0);
  BOOST_TEST(read("moved/f") == "onetwo");
  fs::create_directory(in("sub")); // with the next write it has its name again
  BOOST_TEST(file.write("three") == 0);
  BOOST_TEST(read("sub/f") == "three");
  BOOST_TEST(file.lost() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_rotation_without_a_descriptor_loses_nothing, scratch) {
  auto said = in_helper([&] {
    rotating_file file{in("f"), 5, 3};
    file.open();
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    auto all = limit.rlim_cur;
    limit.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    auto codes = std::to_string(file.write("12345"));
    codes += ' ' + std::to_string(file.write("67890"));
    codes += ' ' + std::to_string(file.rotation_error());
    limit.rlim_cur = all;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    codes += ' ' + std::to_string(file.write("abc"));
    codes += ' ' + std::to_string(file.write("de"));
    return codes + ' ' + std::to_string(file.rotation_error()) + ' ' + std::to_string(file.lost());
  });
  BOOST_TEST(said == std::to_string(EMFILE) + " 0 " + std::to_string(EMFILE) + " 0 0 0 0");
  BOOST_TEST((read("f.2") + read("f.1") + read("f")) == "1234567890abcde");
}

BOOST_FIXTURE_TEST_CASE(links_of_strangers_are_not_followed, scratch) {
  if (::getuid() != 0)
    return; // nobody else to make one
  write("precious", "precious");
  for (unsigned mode : {01777U, 0777U, 0775U, 0755U}) {
    fs::create_directory(in("shared"));
    fs::permissions(in("shared"), fs::perms(mode));
    auto plant = [&] {
      fs::create_symlink(in("precious"), in("shared/f"));
      BOOST_REQUIRE(::lchown(in("shared/f").c_str(), 65534, 65534) == 0);
    };
    plant();
    rotating_file file{in("shared/f"), 5, 2};
    BOOST_TEST(file.open() == ELOOP);
    BOOST_TEST(refusal_of(in("shared/f")).find(in("shared/f") + " belongs to uid 65534") != std::string::npos);
    fs::remove(in("shared/f"));
    BOOST_TEST(file.open() == 0); // a file is a file
    fs::remove(in("shared/f"));
    plant();                                   // behind our back
    BOOST_TEST(file.write("123456") == ELOOP); // the rotation does not move it
    BOOST_TEST(file.clear() == ELOOP);         // nor is it removed
    BOOST_TEST(truncate_log(in("shared/f")) == ELOOP);
    BOOST_TEST(read("precious") == "precious");
    BOOST_TEST(file.lost() == 0U);
    fs::remove_all(in("shared"));
  }
}

BOOST_FIXTURE_TEST_CASE(links_of_root_are_followed_whoever_may_write_there, scratch) {
  write("f", "");
  fs::create_directory(in("shared"));
  fs::permissions(in("shared"), fs::perms(0775)); // as Ubuntu's /var/log
  fs::create_symlink(in("f"), in("shared/f"));
  rotating_file file{in("shared/f"), 5, 2};
  BOOST_TEST(file.open() == 0);
  BOOST_TEST(file.write("123456") == 0);
  BOOST_TEST(read("shared/f.1") == "123456");
  BOOST_TEST(fs::is_symlink(in("shared/f")));
}

BOOST_FIXTURE_TEST_CASE(emptied_by_name, scratch) {
  write("f", "text");
  BOOST_TEST(truncate_log(in("f")) == 0);
  BOOST_TEST(read("f") == "");
  BOOST_TEST(truncate_log(in("nope")) == 0);
  BOOST_TEST(truncate_log(path) == 0); // a folder: nothing to empty
  BOOST_TEST(truncate_log("/dev/null") == 0);
}

BOOST_FIXTURE_TEST_CASE(successors_are_not_open_to_more_readers, scratch) { // an AUTO log stays private
  write("f", "");
  fs::permissions(in("f"), fs::perms(0600));
  rotating_file file{in("f"), 5, 2};
  file.open();
  file.write("12345");
  file.clear();
  for (const char* name : {"f", "f.1"})
    BOOST_TEST((fs::status(in(name)).permissions() == fs::perms(0600)));
}

BOOST_FIXTURE_TEST_CASE(some_of_it_without_waiting, scratch) {
  ::mkfifo(in("fifo").c_str(), 0600);
  unique_fd reader{::open(in("fifo").c_str(), O_RDONLY | O_NONBLOCK)};
  rotating_file file{in("fifo"), 0, 0};
  BOOST_REQUIRE(file.open() == 0);
  std::string text(1 << 20, 'x');
  std::string_view rest = text;
  BOOST_TEST(file.write_some(rest) == EAGAIN);
  BOOST_TEST(rest.size() < text.size());
  BOOST_TEST(rest.size() > 0U);
  BOOST_TEST(file.lost() == 0U);
  std::string_view more = "more";
  BOOST_TEST(file.write_some(more) == EAGAIN);
  BOOST_TEST(more == "more");
}

BOOST_FIXTURE_TEST_CASE(only_regular_files_are_removed, scratch) { // N21, also when it could not be opened
  ::mkfifo(in("fifo").c_str(), 0600);
  rotating_file file{in("fifo"), 5, 2};
  BOOST_TEST(file.open() == ENXIO);
  BOOST_TEST(file.clear() == ENXIO);
  BOOST_TEST(fs::is_fifo(in("fifo")));
  rotating_file directory{path, 5, 2};
  BOOST_TEST(directory.open() == EISDIR); // V031
}

BOOST_FIXTURE_TEST_CASE(another_thing_under_the_name_is_not_emptied, scratch) {
  rotating_file file{in("f"), 5, 1};
  file.open();
  fs::rename(in("f"), in("moved"));
  fs::create_directory(in("f"));
  BOOST_TEST(file.write("123456") == EISDIR); // written, but there is no new file
  BOOST_TEST(read("moved") == "123456");
  BOOST_TEST(fs::is_directory(in("f")));
  fs::remove(in("f"));
  BOOST_TEST(file.write("again") == 0);
}

BOOST_FIXTURE_TEST_CASE(a_rotation_that_fails_is_not_tried_with_every_write, scratch) {
  fs::create_directories(in("f.1/in/the/way"));
  rotating_file file{in("f"), 5, 1};
  file.open();
  BOOST_TEST(file.write("12345") != 0);
  BOOST_TEST(file.write("6789") == 0);
  fs::remove_all(in("f.1"));
  BOOST_TEST(file.write("0") == 0); // twice maxbytes: now it works
  BOOST_TEST(read("f.1") == "1234567890");
  BOOST_TEST(file.lost() == 0U);
}

BOOST_FIXTURE_TEST_CASE(room_for_a_part_only, scratch) { // a limit on the size of files is a disk that is full
  auto said = in_helper([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 10;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    rotating_file file{in("f"), 0, 0};
    file.open();
    auto codes = std::to_string(file.write("1234567"));
    codes += ' ' + std::to_string(file.write("890abc"));
    codes += ' ' + std::to_string(file.lost());
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    codes += ' ' + std::to_string(file.write("def"));
    return codes + ' ' + std::to_string(file.lost());
  });
  BOOST_TEST(said == "0 " + std::to_string(EFBIG) + " 3 0 3");
  BOOST_TEST(read("f") == "1234567890def");
}

BOOST_FIXTURE_TEST_CASE(mode_follows_the_umask, scratch) {
  auto said = in_helper([&] {
    ::umask(027);
    rotating_file file{in("f"), 5, 1};
    file.open();
    file.write("12345");
    return std::string("done");
  });
  BOOST_TEST(said == "done");
  for (const char* name : {"f", "f.1"}) {
    struct stat info {};
    ::stat(in(name).c_str(), &info);
    BOOST_TEST((info.st_mode & 07777) == 0640U);
  }
}

BOOST_AUTO_TEST_SUITE_END()
