// Tells when a file grows, shrinks, goes or comes, whoever did it: file_events on an Asio thread.
// Must not read the files. One object serves all files of its thread; nothing here is for other threads.
#pragma once

#include "platform/file_events.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::actors {

class file_watch {
public:
  explicit file_watch(boost::asio::io_context& io) : events_(io) {}

  void close(); ///< nothing is told any more

  /// Calls `changed` until this is destroyed.
  class subscription {
  public:
    subscription(file_watch& of, std::string path, std::function<void()> changed);
    ~subscription();
    subscription(const subscription&) = delete;
    subscription& operator=(const subscription&) = delete;
    /// False: the system refuses to watch; look for yourself.
    bool works() const { return directory_ >= 0 && !refused_; }

  private:
    friend class file_watch;
    void watch_file();
    file_watch& of_;
    std::string path_;
    std::string name_; ///< without the directory
    std::function<void()> changed_;
    int directory_ = -1; ///< watch descriptors
    int file_ = -1;
    bool refused_ = false; ///< the file is there, but may not be watched
  };

private:
  using interest = platform::file_events::interest;
  bool open();
  int add(const std::string& path, interest of, subscription* who);
  void remove(int watch, subscription* who);
  void await();
  void look_at_all();
  void dispatch(const platform::file_events::event& event);

  boost::asio::posix::stream_descriptor events_;
  std::unordered_map<int, std::vector<subscription*>> watches_;
  bool closed_ = false;
};

} // namespace troupe::actors
