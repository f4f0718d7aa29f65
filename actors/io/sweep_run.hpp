// A sweep under way, and the queue of those that want a look: what is waited for on the loop between two looks. All on
// the loop's thread. Must not look (sweep_look.hpp does, elsewhere). Source: docs/contract/programs.md, 5.
// Cases: tests/io/sweep_desk_test.cpp.
#pragma once

#include "actors/io/loop_door.hpp"
#include "actors/io/slow_looks.hpp"
#include "actors/io/sweep_desk.hpp"
#include "actors/io/sweep_look.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace troupe::actors {

/// One look at a time, for all who want one by then: a thousand sweeps that begin together need a few.
class sweep_looks : public std::enable_shared_from_this<sweep_looks> {
public:
  sweep_looks(boost::asio::io_context& io, work_crew& crew);
  void close(); ///< before the loop or the crew is gone

  void want(const std::weak_ptr<sweep_run>& run); ///< begins through the loop
  boost::asio::io_context& io() const { return io_; }
  std::size_t held = 0; ///< descriptors that are waited for

private:
  void post_begin();
  void begin();
  std::shared_ptr<sweep_batch> gather();
  void take(const std::shared_ptr<sweep_batch>& batch);
  void put_back();
  void try_later();
  void watch(std::optional<pid_t> seen);

  boost::asio::io_context& io_;
  const std::shared_ptr<loop_door> door_;
  const std::shared_ptr<slow_looks> looks_;
  std::vector<std::weak_ptr<sweep_run>> wanting_;
  bool posted_ = false; ///< begin() is on its way
  std::shared_ptr<const slow_look> look_;
  std::shared_ptr<sweep_batch> under_way_;
  std::vector<std::weak_ptr<sweep_run>> looked_for_; ///< by the one under way
  boost::asio::steady_timer watch_timer_, later_timer_;
  std::vector<pid_t> unread_; ///< whose environment hangs
  std::uint64_t number_ = 0;
};

class sweep_run : public std::enable_shared_from_this<sweep_run> {
public:
  sweep_run(std::shared_ptr<sweep_looks> looks, const sweep_order& order, sweep_told told);
  ~sweep_run();
  sweep_run(const sweep_run&) = delete;
  sweep_run& operator=(const sweep_run&) = delete;

  void signal(int signo);
  void drop(); ///< nobody wants to be told any more

  void give(sweep_item& item);  ///< what is to be looked for
  void take_back();             ///< nothing has come of it
  void take(sweep_item& found); ///< tells, last of all

private:
  using clock = std::chrono::steady_clock;

  void want();
  void want_in(std::chrono::milliseconds time);
  void watch(const platform::process_key& key, platform::unique_fd fd);
  void ended(const platform::process_key& key);
  void forget_gone();

  const std::shared_ptr<sweep_looks> looks_;
  const sweep_order order_;
  sweep_told told_;
  std::shared_ptr<const platform::unique_fd> leader_;
  bool asked_ = false;   ///< by signal(), and not looked since
  bool asking_ = false;  ///< a look is under way that it was asked for
  bool wanting_ = false; ///< a look
  std::vector<int> signals_, sending_;
  std::vector<platform::left_process> left_;
  std::map<platform::process_key, boost::asio::posix::stream_descriptor> watched_;
  std::int64_t last_told_ = std::numeric_limits<std::int64_t>::max();
  boost::asio::steady_timer timer_;
  std::optional<clock::time_point> due_; ///< of the timer
};

} // namespace troupe::actors
