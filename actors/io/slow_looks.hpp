// Questions to the system that may hang - a path, a name - put to it on threads of a crew; the answers come back to the
// loop. Of one and the same thing there is one look at a time, so that what hangs costs one thread, however often it is
// asked for. All on the loop's thread. Must not know what is asked. Cases: tests/io/probe_desk_test.cpp.
#pragma once

#include "actors/io/loop_door.hpp"
#include "actors/io/work_crew.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::actors {

/// Held by whoever waits for the answer.
struct slow_look {
  std::string what; ///< is looked at
  /// Runs on a thread of the crew, must hold what it touches, and returns what is called on the loop afterwards, even
  /// where nobody waits any more.
  std::function<std::function<void()>()> work;
  std::function<void(const std::string& why)> refused; ///< called instead: nobody can look
};

class slow_looks : public std::enable_shared_from_this<slow_looks> {
public:
  slow_looks(boost::asio::io_context& io, std::shared_ptr<loop_door> door, work_crew& crew);

  void ask(const std::shared_ptr<const slow_look>& look);
  void close(); ///< before the loop or the crew is gone

private:
  using waiting = std::vector<std::weak_ptr<const slow_look>>;
  struct turn { ///< held by the look under way
    waiting next;
  };

  bool begin(const std::shared_ptr<turn>& mine, const std::shared_ptr<const slow_look>& look);
  void pass_on(const std::string& what, const std::shared_ptr<turn>& mine);
  void watch();

  const std::shared_ptr<loop_door> door_;
  work_crew& crew_;
  std::map<std::string, std::weak_ptr<turn>> under_way_;
  waiting asked_; ///< whose answers have not come
  boost::asio::steady_timer watch_timer_;
  bool watching_ = false;
};

} // namespace troupe::actors
