// Rotating files, the main log, AUTO logs and listening sockets. Vectors V111 to V113, C319 and 7.4 to 7.6.
#include "config/datatypes.hpp"
#include "platform/daemon.hpp"
#include "platform/log_path.hpp"
#include "platform/main_log.hpp"
#include "platform/rotating_file.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(files_test)

using namespace troupe::platform;
namespace config = troupe::config;
namespace fs = std::filesystem;

namespace {

struct folder {
  folder() { fs::create_directories(path); }
  ~folder() { fs::remove_all(path); }
  std::string read(const std::string& name) const {
    std::ifstream file(path + "/" + name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  bool exists(const std::string& name) const { return fs::exists(path + "/" + name); }
  std::uintmax_t size(const std::string& name) const { return fs::file_size(path + "/" + name); }
  std::string path = "/tmp/troupe-files-test." + std::to_string(::getpid());
};

void write_times(rotating_file& file, int times) {
  BOOST_REQUIRE(file.open() == 0);
  for (int i = 0; i < times; ++i)
    BOOST_TEST(file.write("123456789\n") == 0);
}

} // namespace

BOOST_FIXTURE_TEST_CASE(rotation_with_backups, folder) { // V111
  rotating_file file{path + "/f", 25, 2};
  write_times(file, 12);
  BOOST_TEST(size("f") == 0U);
  BOOST_TEST(size("f.1") == 30U);
  BOOST_TEST(size("f.2") == 30U);
  BOOST_TEST(!exists("f.3"));
}

BOOST_FIXTURE_TEST_CASE(rotation_without_backups, folder) { // V112
  rotating_file file{path + "/f", 25, 0};
  write_times(file, 12);
  BOOST_TEST(size("f") == 0U);
  BOOST_TEST(!exists("f.1"));
}

BOOST_FIXTURE_TEST_CASE(size_from_before_counts, folder) { // V113
  std::ofstream(path + "/f") << std::string(24, 'x');
  rotating_file file{path + "/f", 25, 2};
  BOOST_REQUIRE(file.open() == 0);
  BOOST_TEST(!exists("f.1"));
  file.write("y");
  BOOST_TEST(size("f.1") == 25U);
}

BOOST_FIXTURE_TEST_CASE(never_rotated, folder) {
  rotating_file file{path + "/f", 0, 2};
  write_times(file, 12);
  BOOST_TEST(size("f") == 120U);
}

BOOST_FIXTURE_TEST_CASE(reopened_and_cleared, folder) {
  rotating_file file{path + "/f", 0, 2};
  write_times(file, 1);
  fs::rename(path + "/f", path + "/old");
  file.write("more\n");
  BOOST_TEST(read("old") == "123456789\nmore\n");
  BOOST_TEST(file.reopen() == 0);
  file.write("new\n");
  BOOST_TEST(read("f") == "new\n");
  BOOST_TEST(file.clear() == 0);
  BOOST_TEST(read("f") == "");
  fs::remove(path + "/f");
  BOOST_TEST(file.clear() == 0);
  BOOST_TEST(exists("f"));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_moved_is_not_emptied, folder) {
  rotating_file file{path + "/f", 5, 1};
  BOOST_REQUIRE(file.open() == 0);
  fs::create_directories(path + "/f.1/in/the/way");
  BOOST_TEST(file.write("123456") != 0);
  BOOST_TEST(read("f") == "123456");
}

BOOST_AUTO_TEST_CASE(full_disks_and_devices) { // N8, N21
  rotating_file file{"/dev/full", 10, 2};
  BOOST_REQUIRE(file.open() == 0);
  BOOST_TEST(file.write("123456789012345") == ENOSPC);
  BOOST_TEST(file.lost() == 15U);
  BOOST_TEST(file.clear() == 0);
  BOOST_TEST(fs::is_character_file("/dev/full"));
}

BOOST_FIXTURE_TEST_CASE(a_fifo_never_blocks, folder) {
  auto fifo = path + "/fifo";
  BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  rotating_file file{fifo, 10, 2};
  BOOST_TEST(file.open() == ENXIO); // nobody reads
  unique_fd reader{::open(fifo.c_str(), O_RDONLY | O_NONBLOCK)};
  BOOST_REQUIRE(file.open() == 0);
  BOOST_TEST(file.write("longer than maxbytes") == 0);
  BOOST_TEST(file.write(std::string(1 << 20, 'x')) == EAGAIN); // read by nobody: the rest is lost, and counted
  BOOST_TEST(file.lost() > 0U);
  BOOST_TEST(fs::is_fifo(fifo));
}

BOOST_FIXTURE_TEST_CASE(records_of_the_main_log, folder) {
  main_log log{{path + "/log", 0, 0, config::log_level::info, false, ""}};
  BOOST_REQUIRE(log.open() == 0);
  log.write(config::log_level::debug, "unseen");
  log.write(config::log_level::info, "a\nb");
  log.write(config::log_level::critical, "c");
  const std::regex expected{"\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} INFO a\\\\nb\n[^\n]*,\\d{3} CRIT c\n"};
  BOOST_TEST(std::regex_match(read("log"), expected), read("log"));
}

BOOST_FIXTURE_TEST_CASE(main_log_speaks_of_lost_records, folder) {
  fs::create_symlink("/dev/full", path + "/log");
  main_log log{{path + "/log", 0, 0, config::log_level::info, false, ""}};
  BOOST_REQUIRE(log.open() == 0);
  log.write(config::log_level::info, "lost");
  log.write(config::log_level::info, "lost, too");
  fs::remove(path + "/log");
  log.reopen();
  log.write(config::log_level::info, "kept");
  auto text = read("log");
  BOOST_TEST(text.find("WARN 3 records could not be written") == std::string::npos);
  BOOST_TEST(text.find("WARN 2 records could not be written to this log and are lost\n") != std::string::npos, text);
  BOOST_TEST(text.ends_with(" INFO kept\n"));
}

BOOST_FIXTURE_TEST_CASE(auto_logs, folder) { // C319, N11, V120
  for (const char* name : {"p-stdout---a(b-x1.log", "p-stdout---a(b-x1.log.1", "p-stdout---a(b-x1.log.2.gz",
                           "p-stdout---a(b-x1.log.gz-part", "p-stdout---a(b-x1.log.12345", "keep---OTHER-x.log",
                           "---a(b-x.log", "p---a(b-.log", "p---a(b-x y.log", "x---a(b-y.logfoo"})
    std::ofstream(path + "/" + name);
  BOOST_TEST(remove_auto_logs(path, "a(b").empty());
  BOOST_TEST(!exists("p-stdout---a(b-x1.log"));
  for (const char* end : {".1", ".2.gz", ".gz-part"})
    BOOST_TEST(!exists(std::string("p-stdout---a(b-x1.log") + end), end);
  for (const char* kept : {"p-stdout---a(b-x1.log.12345", "keep---OTHER-x.log", "---a(b-x.log", "p---a(b-.log",
                           "p---a(b-x y.log", "x---a(b-y.logfoo"})
    BOOST_TEST(exists(kept), kept);
  auto made = create_auto_log(path, "p", "stdout", "supervisor").value();
  BOOST_TEST(std::regex_match(made, std::regex(".*/p-stdout---supervisor-[a-z0-9_]{8}\\.log")));
  BOOST_TEST((fs::status(made).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
  BOOST_TEST(!create_auto_log(path + "/nope", "p", "stdout", "supervisor"));
  BOOST_TEST(remove_auto_logs(path + "/nope", "x").at(0) == "Could not clear childlog dir");
}

BOOST_FIXTURE_TEST_CASE(socket_files_are_removed_by_their_owner_only, folder) {
  config::server_options options;
  options.is_unix = true;
  options.file = path + "/s";
  {
    auto first = listening_socket::open(options).value();
    auto moved = std::move(first);
    BOOST_TEST(!listening_socket::open(options)); // in use
    BOOST_TEST(exists("s"));
    fs::remove(options.file);
    std::ofstream(options.file) << "somebody else's";
  }
  BOOST_TEST(read("s") == "somebody else's");
  BOOST_TEST(listening_socket::open(options).error().what ==
             "Cannot open an HTTP server: socket.error reported errno.EEXIST (17) (" + options.file + ")");
  fs::remove(options.file);
  { auto again = listening_socket::open(options).value(); }
  BOOST_TEST(!exists("s"));
}

BOOST_FIXTURE_TEST_CASE(fcgi_sockets, folder) { // V167, V170
  config::fcgi_socket socket;
  socket.path = path + "/f";
  socket.mode = 0640;
  auto fd = open_fcgi_socket(socket);
  BOOST_REQUIRE(fd);
  struct stat info {};
  ::stat(socket.path.c_str(), &info);
  BOOST_TEST((info.st_mode & 07777) == 0640U);
  config::fcgi_socket nowhere;
  nowhere.path = path + "/nope/f";
  BOOST_TEST(open_fcgi_socket(nowhere).error().what ==
             "Could not create FastCGI socket unix://" + path + "/nope/f: [Errno 2] No such file or directory");
}

BOOST_AUTO_TEST_CASE(two_names_of_one_log) {
  auto here = std::filesystem::current_path().string();
  const struct {
    std::string a, b;
    bool same;
  } rows[] = {
    {"/l/secret.out", "/l/secret.out", true},
    {"/l/own/../secret.out", "/l/secret.out", true},
    {"/l/./secret.out", "/l//secret.out", true},
    {"/../l/secret.out", "/l/secret.out", true},
    {"secret.out", here + "/secret.out", true},
    {"own/../secret.out", "./secret.out", true},
    {"/l/secret.out", "/l/secret.out.1", false},
    {"/l/.secret", "/l/secret", false},
    {"/l/own/secret.out", "/l/secret.out", false},
    {"", "", true},
    {"", here, false},
    {"syslog", "/l/syslog", false},
  };
  for (const auto& row : rows) {
    BOOST_TEST(troupe::platform::is_same_path(row.a, row.b) == row.same, row.a + " and " + row.b);
    BOOST_TEST(troupe::platform::is_same_path(row.b, row.a) == row.same, row.b + " and " + row.a);
  }
}

BOOST_AUTO_TEST_SUITE_END()
