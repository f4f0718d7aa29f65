// Processor time and memory of every process, sampled while somebody looks, in small portions, so that it takes no more
// than half a per cent of a core however many there are. The HTTP thread only. Must not know who looks.
#pragma once

#include "actors/io/process_usage.hpp"
#include "actors/io/status_board.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace troupe::actors {

class usage_sampler {
public:
  /// Calls `changed` after each sample that differs visibly, with the processes that do.
  usage_sampler(boost::asio::io_context& io, const status_board& board,
                std::function<void(const std::vector<std::uint64_t>&)> changed);

  void start();
  void stop();
  /// Null: not sampled, or it does not run.
  const process_usage* find(std::uint64_t process) const;

private:
  using clock = std::chrono::steady_clock;
  struct sample {
    int pid = 0;
    std::int64_t cpu_microseconds = 0;
    clock::time_point at;
    process_usage shown;
    std::uint64_t round = 0;
  };
  void begin_round();
  void sample_some();
  void take(const process_status& process);
  void end_round();
  void wait(clock::duration pause);

  boost::asio::io_context& io_;
  const status_board& board_;
  std::function<void(const std::vector<std::uint64_t>&)> changed_;
  boost::asio::steady_timer timer_;
  std::unordered_map<std::uint64_t, sample> samples_;
  std::vector<process_status_ptr> todo_; ///< of this round
  std::vector<std::uint64_t> changes_;
  clock::duration spent_{};
  std::uint64_t round_ = 0;
  std::uint64_t run_ = 0; ///< outdates what stop() left in the thread's queue
  bool running_ = false;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(); ///< while handlers may still be on their way here
};

} // namespace troupe::actors
