// The listening sockets of FastCGI programs: one for each section, open while one of its processes holds it.
// Must not include CAF or Asio, or decide when a process is spawned; the reaper takes, the process gives back.
// Source: docs/contract/lifecycle.md, 8, 10.3, 10.12 and 10.13. Cases: tests/io/fcgi_sockets_test.cpp,
// tests/fcgi_test.py.
#pragma once

#include "actors/core/carried.hpp"
#include "config/options.hpp"
#include "config/result.hpp"
#include "platform/unique_fd.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

/// Any thread.
class fcgi_sockets {
public:
  explicit fcgi_sockets(platform::main_log& log) : log_(log) {}

  /// The socket for a spawn of `process`, created if nobody holds it; stays open until give_back(). What an earlier
  /// child of the process still held is given back first. The error is the text of section 8; nothing is held then.
  /// `wanted_still` is asked once it is made: where not, nothing is held and the answer is -1.
  config::result<int> take(std::uint64_t process, const config::process_options& options,
                           const std::function<bool()>& wanted_still = {});
  /// The spawn has come to something: from now on the child `pid` holds it.
  void keep(std::uint64_t process, int pid);
  /// The exit of `pid` was handled; 0: a spawn that came to nothing. Closes the socket after the last one.
  void give_back(std::uint64_t process, int pid);

  /// Told of each socket that is opened, before a child has it, and of each before it is closed.
  struct observer {
    std::function<void(const std::string& name, int fd)> opened;
    std::function<void(const std::string& name)> closing;
  };
  void tell(observer whom) { observer_ = std::move(whom); } ///< before there are any
  static std::string name_of(const std::string& section, const std::string& url) { return section + ' ' + url; }
  bool changed(); ///< since it was asked last, sockets were opened or closed

  std::vector<carried_fcgi> carry();         ///< while nobody takes or gives back; they stay open here
  void go_on(std::vector<carried_fcgi> all); ///< with those of the daemon before this one

  /// Creates each socket of the group and closes it again, but for those that somebody holds.
  config::result<void> probe(const config::group_options& group);

private:
  struct shared_socket {
    platform::unique_fd fd; ///< empty: its first holder is making it
    std::size_t holders = 0;
  };
  /// A section in two groups is one socket; after its address has changed it is another.
  using key = std::pair<std::string, std::string>; ///< section, URL
  struct holder {
    key of;
    int pid = 0;
  };
  config::result<platform::unique_fd> create(const config::fcgi_socket& options);
  void release(const key& of);
  void note_opened(const key& of, int fd);
  void close(const key& of);

  platform::main_log& log_;
  observer observer_; ///< empty: nobody
  std::atomic<bool> changed_{false};
  std::mutex mutex_; ///< not held while a socket is made, which may wait for a name service
  std::condition_variable made_;
  std::map<key, shared_socket> sockets_;
  std::unordered_map<std::uint64_t, holder> holders_; ///< by process
};

} // namespace troupe::actors
