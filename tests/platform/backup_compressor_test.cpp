// Log files with options of their own: backups compressed beside the writer, names that shift meanwhile, what an
// earlier daemon left behind, mode and owner, and what is said when something cannot be done.
#include "platform/backup_compressor.hpp"
#include "platform/gzip.hpp"
#include "platform/log_follower.hpp"
#include "platform/rotating_file.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

BOOST_AUTO_TEST_SUITE(backup_compressor_test)

using namespace troupe::platform;
using namespace troupe::tests;
using troupe::config::log_file_options;
using troupe::config::log_level;
namespace data = boost::unit_test::data;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

std::string gunzipped(const std::string& path) {
  auto* file = ::gzopen(path.c_str(), "rb");
  std::string text;
  char buffer[65536];
  for (int n; file && (n = ::gzread(file, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  if (file)
    ::gzclose(file);
  return text;
}

void gzip_into(const std::string& path, const std::string& text) {
  auto* file = ::gzopen(path.c_str(), "wb");
  ::gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  ::gzclose(file);
}

unsigned mode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

template <class Condition>
bool comes_true(Condition condition) {
  for (auto end = std::chrono::steady_clock::now() + 60s; std::chrono::steady_clock::now() < end;) {
    if (condition())
      return true;
    std::this_thread::sleep_for(1ms);
  }
  return condition();
}

struct kept_folder : scratch {
  std::mutex mutex;
  std::vector<std::string> said;
  backup_compressor compressor;

  void start() {
    compressor.start([this](log_level, const std::string& text) {
      std::lock_guard lock{mutex};
      said.push_back(text);
    });
  }
  std::vector<std::string> sentences() {
    std::lock_guard lock{mutex};
    return said;
  }
  rotating_file make(std::int64_t max_bytes, std::int64_t backups, log_file_options options,
                     bool empty_is_new = false) {
    rotating_file file{in("f"), max_bytes, backups};
    file.take_care(std::make_unique<file_policy>(options, compressor, empty_is_new));
    return file;
  }
  std::string names() const { // but for f
    std::set<std::string> sorted;
    for (const auto& entry : fs::directory_iterator(path))
      sorted.insert(entry.path().filename().string());
    std::string out;
    for (const auto& name : sorted)
      if (name != "f")
        out += (out.empty() ? "" : " ") + name;
    return out;
  }
  /// All that is there, oldest first.
  std::string everything() const {
    std::string text;
    for (int i = 2000; i >= 1; --i) {
      auto name = "f." + std::to_string(i);
      if (exists(name + ".gz"))
        text += gunzipped(in(name + ".gz"));
      if (exists(name))
        text += read(name);
    }
    return text + read("f");
  }
};

const log_file_options gzip{true, {}, {}};

/// In as many steps as there may be; -1: it would not go on.
int gzip_file(int from, int to, bool stop = false) {
  gzip_packing packing{from, to};
  for (;;) {
    bool stepped = false;
    auto done = packing.go_on([&] { return stop || std::exchange(stepped, true); });
    if (done)
      return *done;
    if (stop)
      return ECANCELED;
  }
}

bool holds_the_same(int compressed, int plain) {
  gzip_comparison comparison{compressed, plain};
  for (;;) {
    bool stepped = false;
    if (auto done = comparison.go_on([&] { return std::exchange(stepped, true); }))
      return *done;
  }
}

} // namespace

// -- gzip -----------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(into_gzip_and_back, scratch) {
  std::string text;
  for (int i = 0; text.size() < 300000; ++i)
    text += std::to_string(i * 7919) + '\n';
  const std::string contents[] = {"", "x", std::string(131072, 'y') /* a multiple of the chunks */, text};
  for (const auto& content : contents) {
    write("plain", content);
    unique_fd plain{::open(in("plain").c_str(), O_RDWR)};
    unique_fd packed{::open(in("packed").c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600)};
    BOOST_TEST(gzip_file(plain.get(), packed.get()) == 0);
    BOOST_TEST((gunzipped(in("packed")) == content));
    auto same = [&] { return holds_the_same(unique_fd{::open(in("packed").c_str(), O_RDONLY)}.get(), plain.get()); };
    BOOST_TEST(same());
    write("plain", content + "more");
    BOOST_TEST(!same());
    if (content.empty())
      continue;
    write("plain", content.substr(1));
    BOOST_TEST(!same());
    write("plain", content);
    auto size = fs::file_size(in("packed"));
    for (auto cut : {size - 1, size - 8, size / 2}) { // a machine that went down in between
      fs::resize_file(in("packed"), cut);
      BOOST_TEST(!same());
    }
    fs::resize_file(in("packed"), size);
    BOOST_TEST(!same());
  }
}

BOOST_FIXTURE_TEST_CASE(gzip_gives_up, scratch) {
  write("plain", std::string(1000, 'x'));
  unique_fd plain{::open(in("plain").c_str(), O_RDONLY)};
  unique_fd packed{::open(in("packed").c_str(), O_RDWR | O_CREAT, 0600)};
  BOOST_TEST(gzip_file(plain.get(), packed.get(), true) == ECANCELED);
  unique_fd full{::open("/dev/full", O_WRONLY)};
  BOOST_TEST(gzip_file(plain.get(), full.get()) == ENOSPC);
  unique_fd folder{::open(path.c_str(), O_RDONLY)};
  BOOST_TEST(gzip_file(folder.get(), packed.get()) == EISDIR);
  unique_fd plain_too{::open(in("plain").c_str(), O_RDONLY)};
  BOOST_TEST(!holds_the_same(plain_too.get(), plain.get())); // no gzip file at all
  unique_fd whole{::open(in("whole").c_str(), O_RDWR | O_CREAT, 0600)};
  BOOST_TEST(gzip_file(plain.get(), whole.get()) == 0);
  BOOST_TEST(holds_the_same(whole.get(), plain.get()));
  BOOST_TEST(!gzip_comparison(whole.get(), plain.get()).go_on([] { return true; }));
}

// -- names ----------------------------------------------------------------------------------------

namespace {

struct shift_row {
  const char* before; ///< backups: each file holds its own name
  int backups;
  const char* after; ///< name=content; f.1 is what was in f
};
std::ostream& operator<<(std::ostream& out, const shift_row& r) { return out << r.before << " of " << r.backups; }

const shift_row shifts[] = {
  {"", 3, "f.1=f"},
  {"f.1", 3, "f.1=f f.2=f.1"},
  {"f.1.gz", 3, "f.1=f f.2.gz=f.1.gz"},
  {"f.1 f.2.gz", 3, "f.1=f f.2=f.1 f.3.gz=f.2.gz"},
  {"f.1.gz f.2 f.3.gz", 3, "f.1=f f.2.gz=f.1.gz f.3=f.2"},
  {"f.1.gz f.2.gz f.3", 3, "f.1=f f.2.gz=f.1.gz f.3.gz=f.2.gz"},
  {"f.2 f.3.gz", 3, "f.1=f f.3=f.2"},
  {"f.3 f.4.gz", 3, "f.1=f f.3=f.3 f.4.gz=f.4.gz"}, // gaps, and what is beyond, stay
  {"f.1.gz", 1, "f.1=f"},
  {"f.1", 1, "f.1=f"},
  {"f.1.gz f.1", 2, "f.1=f f.2=f.1 f.2.gz=f.1.gz"}, // two that are somebody's: neither is lost
};

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

} // namespace

BOOST_DATA_TEST_CASE_F(kept_folder, shifted_in_either_form, data::make(shifts), r) {
  for (const auto& name : words(r.before))
    write(name, name);
  auto file = make(1, r.backups, gzip); // the compressor has not been started: nothing is compressed yet
  BOOST_REQUIRE(file.open() == 0);
  BOOST_TEST(file.write("f") == 0);
  std::string after;
  for (const auto& name : words(names()))
    after += (after.empty() ? "" : " ") + name + '=' + read(name);
  BOOST_TEST(after == r.after);
}

BOOST_FIXTURE_TEST_CASE(others_compressed_files_are_left_alone, kept_folder) { // those of logrotate, say
  write("f.1.gz", "theirs");
  auto file = make(1, 3, {false, 0600, {}});
  file.open();
  file.write("1");
  file.write("2");
  BOOST_TEST(names() == "f.1 f.1.gz f.2");
}

// -- the compressor -----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(backups_are_compressed, kept_folder) {
  start();
  auto file = make(10, 5, gzip);
  BOOST_REQUIRE(file.open() == 0);
  std::string all;
  for (int i = 0; i < 3; ++i) {
    auto text = "line " + std::to_string(i) + " of them\n";
    file.write(text);
    all += text;
  }
  BOOST_TEST(comes_true([&] { return names() == "f.1.gz f.2.gz f.3.gz"; }), names());
  BOOST_TEST(everything() == all);
  BOOST_TEST(sentences().empty());
}

BOOST_FIXTURE_TEST_CASE(mode_and_time_go_with_it, kept_folder) {
  write("f.1", "old");
  fs::permissions(in("f.1"), fs::perms(0604));
  const timespec times[] = {{1000, 5}, {2000, 7}};
  ::utimensat(AT_FDCWD, in("f.1").c_str(), times, 0);
  start();
  compressor.compress(in("f"), 3);
  BOOST_TEST(comes_true([&] { return names() == "f.1.gz"; }));
  struct stat info {};
  ::stat(in("f.1.gz").c_str(), &info);
  BOOST_TEST((info.st_mode & 07777) == 0604U);
  BOOST_TEST(info.st_mtim.tv_sec == 2000);
  BOOST_TEST(info.st_mtim.tv_nsec == 7);
}

BOOST_FIXTURE_TEST_CASE(what_a_daemon_left_behind, kept_folder) {
  write("f.1", "one");
  write("f.2", "both"); // it ended between the new name and the removal of the old
  gzip_into(in("f.2.gz"), "both");
  write("f.3", "mine"); // two that have nothing to do with each other
  gzip_into(in("f.3.gz"), "theirs");
  write("f.5", "five");
  write("f.gz-part", "half");
  start();
  compressor.compress(in("f"), 5);
  BOOST_TEST(comes_true([&] { return names() == "f.1.gz f.2.gz f.3 f.3.gz f.5.gz"; }), names());
  BOOST_TEST(gunzipped(in("f.2.gz")) == "both");
  BOOST_TEST(read("f.3") == "mine");
  BOOST_TEST(gunzipped(in("f.3.gz")) == "theirs");
  BOOST_TEST(gunzipped(in("f.5.gz")) == "five");
}

BOOST_FIXTURE_TEST_CASE(only_regular_files_under_their_own_names, kept_folder) {
  write("precious", "precious");
  fs::create_symlink(in("precious"), in("f.1"));
  fs::create_directory(in("f.2"));
  ::mkfifo(in("f.3").c_str(), 0600);
  write("f.4", "four");
  fs::create_symlink(in("precious"), in("f.gz-part"));
  start();
  compressor.compress(in("f"), 4);
  BOOST_TEST(comes_true([&] { return exists("f.4.gz") && !exists("f.4"); }));
  BOOST_TEST(names() == "f.1 f.2 f.3 f.4.gz precious");
  BOOST_TEST(read("precious") == "precious");
}

BOOST_FIXTURE_TEST_CASE(a_storm_loses_nothing, kept_folder) {
  start();
  auto file = make(2000, 1000, gzip);
  file.open();
  std::string all;
  for (int i = 0; i < 30000; ++i) {
    auto line = "line " + std::to_string(i) + " of a storm\n";
    BOOST_REQUIRE(file.write(line) == 0);
    all += line;
  }
  auto is_all_compressed = [&] {
    auto all_names = words(names());
    return std::all_of(all_names.begin(), all_names.end(), [](auto& name) { return name.ends_with(".gz"); });
  };
  BOOST_TEST(comes_true(is_all_compressed), names().substr(0, 200));
  BOOST_TEST((everything() == all));
  BOOST_TEST(words(names()).size() > 300U);
}

BOOST_FIXTURE_TEST_CASE(a_backlog_holds_nobody_up, kept_folder) {
  auto file = make(10, 3, gzip);
  file.open();
  for (int i = 0; i < 3000; ++i) // nobody compresses them, and nothing piles up
    BOOST_REQUIRE(file.write("number " + std::to_string(i) + '\n') == 0);
  BOOST_TEST(names() == "f.1 f.2 f.3");
  start();
  BOOST_TEST(comes_true([&] { return names() == "f.1.gz f.2.gz f.3.gz"; }));
  BOOST_TEST(everything() == "number 2997\nnumber 2998\nnumber 2999\n");
}

BOOST_FIXTURE_TEST_CASE(a_rotation_that_hangs_holds_up_its_own_folder, kept_folder) {
  constexpr int others = 8; // the locks are hashed: one of these may be the same, not all
  troupe::platform::unique_fd here{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  auto hanging = compressor.hold_names(here.get());
  std::atomic<int> rotated{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < others; ++i) {
    auto folder = in("folder" + std::to_string(i));
    fs::create_directory(folder);
    threads.emplace_back([this, folder, &rotated] {
      rotating_file file{folder + "/f", 10, 2};
      file.take_care(std::make_unique<file_policy>(gzip, compressor, false)); // which takes a lease of what it opens
      file.open();
      for (int n = 0; n < 3; ++n)
        file.write("a line that rotates\n");
      ++rotated;
    });
  }
  BOOST_TEST(comes_true([&] { return rotated >= 1; }));
  hanging.unlock();
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(rotated == others);
}

BOOST_FIXTURE_TEST_CASE(two_channels_of_one_file, kept_folder) {
  start();
  auto out = make(10, 9, gzip);
  auto err = make(10, 9, gzip);
  out.open();
  err.open();
  out.write("1234567890\n"); // rotated: the other one still has what is now f.1
  out.write("and once more\n");
  BOOST_TEST(comes_true([&] { return exists("f.1.gz"); }));
  BOOST_TEST(read("f.2") == "1234567890\n");
  err.write("from the other\n"); // goes into f.2, and lets go of it; now the first one has f.1
  BOOST_TEST(comes_true([&] { return names() == "f.1 f.2.gz f.3.gz"; }), names());
  BOOST_TEST(everything() == "1234567890\nfrom the other\nand once more\n");
}

BOOST_FIXTURE_TEST_CASE(a_follower_goes_on_behind_a_compressed_file, kept_folder) {
  start();
  auto file = make(10, 5, gzip);
  file.open();
  file.write("first\n");
  auto follower = log_follower::open(in("f"), 5, 0);
  BOOST_REQUIRE(follower);
  file.write("second\n");
  BOOST_TEST(comes_true([&] { return names() == "f.1.gz"; }));
  file.write("third\n");
  std::string text;
  while (follower->read(text, 4)) {
  }
  BOOST_TEST(text == "second\nthird\n");
}

BOOST_FIXTURE_TEST_CASE(stopped_at_any_time, kept_folder) {
  std::string all;
  for (std::int64_t i = 0; all.size() < 3000000; ++i)
    all += std::to_string(i * 7919) + '\n';
  write("f.1", all);
  start();
  compressor.compress(in("f"), 3);
  BOOST_TEST(comes_true([&] { return exists("f.gz-part") || exists("f.1.gz"); }));
  compressor.stop();
  BOOST_TEST((everything() == all));
  BOOST_TEST(!exists("f.gz-part"));
  compressor.compress(in("f"), 3); // nothing is done any more
  compressor.report("a", "b");
  BOOST_TEST(sentences().empty());
}

BOOST_FIXTURE_TEST_CASE(trouble_is_said_once, kept_folder) {
  write("f.1", "one");
  fs::create_directories(in("f.gz-part/in/the/way"));
  start();
  for (int i = 0; i < 3; ++i) {
    compressor.compress(in("f"), 3);
    compressor.report("x", "something else " + std::to_string(i));
    auto count = static_cast<std::size_t>(i) + 2;
    BOOST_TEST(comes_true([&] { return sentences().size() == count; }));
  }
  auto texts = sentences();
  BOOST_TEST(std::count(texts.begin(), texts.end(),
                        "could not compress log '" + in("f.1") + "': EEXIST; it stays as it is") == 1);
  BOOST_TEST(read("f.1") == "one");
  fs::remove_all(in("f.gz-part"));
  compressor.compress(in("f"), 3);
  BOOST_TEST(comes_true([&] { return exists("f.1.gz") && !exists("f.1"); }));
}

BOOST_FIXTURE_TEST_CASE(said_when_it_starts, kept_folder) { // what came up before the daemon was forked
  compressor.report("a", "early");
  compressor.report("a", "early");
  start();
  BOOST_TEST(comes_true([&] { return sentences() == std::vector<std::string>{"early"}; }));
  compressor.all_is_well("a");
  compressor.report("a", "early");
  BOOST_TEST(comes_true([&] { return sentences().size() == 2; }));
}

// -- mode and owner -------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(mode_whatever_the_umask, kept_folder) {
  auto said_in = in_helper([&] {
    ::umask(077);
    auto file = make(5, 2, {false, 0664, {}});
    file.open();
    file.write("12345");
    file.write("1");
    return std::string("done");
  });
  BOOST_TEST(said_in == "done");
  BOOST_TEST(mode_of(in("f")) == 0664U);
  BOOST_TEST(mode_of(in("f.1")) == 0664U);
}

BOOST_FIXTURE_TEST_CASE(only_what_is_created, kept_folder) {
  write("f", "there");
  fs::permissions(in("f"), fs::perms(0600));
  auto file = make(0, 2, {false, 0664, {}});
  file.open();
  BOOST_TEST(mode_of(in("f")) == 0600U);
  file.clear(); // removed and created
  BOOST_TEST(mode_of(in("f")) == 0664U);
  fs::permissions(in("f"), fs::perms(0600));
  file.reopen();
  BOOST_TEST(mode_of(in("f")) == 0600U);
  auto made_for_us = make(0, 2, {false, 0640, {}}, true);
  made_for_us.open();
  BOOST_TEST(mode_of(in("f")) == 0640U);
  fs::permissions(in("f"), fs::perms(0600));
  made_for_us.write("no longer empty");
  made_for_us.reopen();
  BOOST_TEST(mode_of(in("f")) == 0600U);
}

BOOST_FIXTURE_TEST_CASE(behind_a_link_that_leads_nowhere_yet, kept_folder) {
  fs::create_symlink(in("real"), in("f"));
  auto file = make(0, 2, {false, 0640, {}});
  BOOST_REQUIRE(file.open() == 0);
  BOOST_TEST(file.write("text") == 0);
  BOOST_TEST(mode_of(in("real")) == 0640U);
  BOOST_TEST(read("real") == "text");
}

BOOST_FIXTURE_TEST_CASE(owner, kept_folder) {
  if (::getuid() != 0)
    return;
  auto file = make(5, 2, {true, 0640, {65534, 65533}});
  BOOST_REQUIRE(file.open() == 0);
  start();
  file.write("12345");
  file.write("1");
  BOOST_TEST(comes_true([&] { return names() == "f.1.gz"; }));
  for (const char* name : {"f", "f.1.gz"}) {
    struct stat info {};
    ::stat(in(name).c_str(), &info);
    BOOST_TEST(info.st_uid == 65534U);
    BOOST_TEST(info.st_gid == 65533U);
    BOOST_TEST((info.st_mode & 07777) == 0640U);
  }
}

BOOST_FIXTURE_TEST_CASE(an_owner_that_cannot_be_given, kept_folder) {
  fs::permissions(path, fs::perms(0777));
  auto said_in = in_helper([&] {
    become_nobody();
    start();
    auto file = make(5, 2, {false, {}, {0, 0}});
    auto codes = std::to_string(file.open());
    for (int i = 0; i < 3; ++i) // rotations
      codes += ' ' + std::to_string(file.write("12345"));
    comes_true([&] { return !sentences().empty(); });
    compressor.stop();
    return codes + ' ' + std::to_string(said.size()) + ' ' + said.at(0);
  });
  BOOST_TEST(said_in ==
             "0 0 0 0 1 could not set mode or owner of log '" + in("f") + "': EPERM; it is written all the same");
  BOOST_TEST(read("f.1") == "12345");
}

// -- many logs ------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(every_log_gets_its_turn, kept_folder) {
  constexpr std::int64_t hours = std::int64_t{2} << 40; ///< bytes, all of them a hole
  write("huge.1", "");
  fs::resize_file(in("huge.1"), hours);
  write("other.1", "text");
  compressor.compress(in("huge"), 2);
  compressor.compress(in("other"), 2);
  start();
  BOOST_TEST(comes_true([&] { return exists("other.1.gz"); }));
  BOOST_TEST(gunzipped(in("other.1.gz")) == "text");
  BOOST_TEST(comes_true([&] { return exists("huge.gz-part"); })); // and it goes on
  fs::rename(in("huge.1"), in("huge.2"));                         // still in its row
  write("third.1", "text");
  compressor.compress(in("third"), 2);
  BOOST_TEST(comes_true([&] { return exists("third.1.gz"); }));
  BOOST_TEST(exists("huge.gz-part"));
  fs::remove(in("huge.2")); // nobody wants it any more
  BOOST_TEST(comes_true([&] { return !exists("huge.gz-part"); }));
  BOOST_TEST(names() == "other.1.gz third.1.gz");
  BOOST_TEST(sentences().empty());
}

BOOST_FIXTURE_TEST_CASE(a_comparison_that_takes_long, kept_folder) {
  write("huge.1", "");
  fs::resize_file(in("huge.1"), std::int64_t{2} << 30);
  gzip_into(in("huge.1.gz"), std::string(std::size_t{64} << 20, '\0'));
  write("other.1", "text");
  compressor.compress(in("huge"), 2);
  compressor.compress(in("other"), 2);
  start();
  BOOST_TEST(comes_true([&] { return exists("other.1.gz"); }));
  compressor.compress(in("huge"), 2);
  compressor.compress(in("other"), 2);
  write("last.1", "text");
  compressor.compress(in("last"), 2);
  BOOST_TEST(comes_true([&] { return exists("last.1.gz") && !exists("last.1"); }));
  BOOST_TEST(names() == "huge.1 huge.1.gz last.1.gz other.1.gz"); // different: both stay
}

BOOST_FIXTURE_TEST_CASE(huge_ones_of_many_logs, kept_folder) {
  for (int i = 0; i < 18; ++i) {
    auto name = "huge" + std::to_string(i);
    write(name + ".1", "");
    fs::resize_file(in(name + ".1"), std::int64_t{1} << 40);
    compressor.compress(in(name), 2);
  }
  write("other.1", "text");
  compressor.compress(in("other"), 2);
  start();
  BOOST_TEST(comes_true([&] { return exists("other.1.gz"); }));
  compressor.stop();
  for (int i = 0; i < 18; ++i)
    BOOST_TEST(!exists("huge" + std::to_string(i) + ".gz-part"));
}

BOOST_FIXTURE_TEST_CASE(an_exception_in_its_thread, kept_folder) {
  bool first = true;
  compressor.start([&](log_level, const std::string& text) {
    if (std::exchange(first, false))
      throw std::runtime_error("no luck");
    std::lock_guard lock{mutex};
    said.push_back(text);
  });
  compressor.report("one", "lost");
  BOOST_TEST(comes_true([&] { return !sentences().empty(); }));
  compressor.report("two", "heard");
  write("f.1", "text");
  compressor.compress(in("f"), 2);
  BOOST_TEST(comes_true([&] { return exists("f.1.gz") && sentences().size() == 2; }));
  BOOST_TEST(sentences() == (std::vector<std::string>{"the log compressor met 'no luck' and goes on", "heard"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
