// One helper child of the reaper's and the pipe that is its stdout and stderr: made, read, waited for and killed
// through its doors. Must not look for its file, or fork; must not decide how long it may take, or what becomes of what
// it says. On the loop's thread. Source: docs/contract/programs.md, 0.3. Cases: tests/io/exec_probe_test.cpp,
// tests/io/command_desk_test.cpp.
#pragma once

#include "actors/io/contained_run.hpp"
#include "actors/io/helper_child.hpp"
#include "actors/io/loop_door.hpp"
#include "platform/spawn.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::actors {

/// How it is made, or why it cannot be. It may hang, so it is called on the thread that makes the child.
using helper_planner = std::function<std::variant<platform::spawn_plan, std::string>()>;

struct helper_order {
  helper_planner make_plan;
  std::optional<std::int64_t> user; ///< of the plan, as far as it is known
  std::size_t read_size = 4096;     ///< at most, at a time; up to helper_process::most_read
};

/// Called with what it is from inside nothing but the loop. Each may drop the helper.
struct helper_listener {
  std::function<void(std::string_view bytes)> output;
  std::function<bool()> may_read;                      ///< empty: always. False: a little later, perhaps
  std::function<void(bool ok, std::string text)> over; ///< once: `exit status 3`, or why there is no child
};

class helper_process : public contained_run {
public:
  static constexpr std::size_t most_read = std::size_t{64} << 10;

  helper_process(boost::asio::io_context& io, std::shared_ptr<loop_door> door, helper_doors doors, helper_order order,
                 helper_listener listener);

  void start();         ///< once. Where it cannot even be asked for, that is told in here
  void read_rest();     ///< what its pipe holds now, bounded: a grandchild may write for ever
  void drop() noexcept; ///< nobody is told any more; its process group is killed

private:
  struct child;
  enum class reading { more, nothing_now, over };

  bool is_over() const noexcept override { return over_; }
  void note_failure(const std::exception_ptr& met) override { end(false, failure_text(met)); }
  void make();
  void await_output();
  void pause();
  reading read_some();
  void note_exit(int wait_status);
  void end(bool ok, std::string text);
  void let_go() noexcept;

  const std::shared_ptr<loop_door> door_;
  const helper_doors doors_;
  const helper_order order_;
  const helper_listener listener_; ///< stays: it may be in it that this is dropped
  bool over_ = false;
  boost::asio::posix::stream_descriptor pipe_; ///< its stdout and stderr
  boost::asio::steady_timer pause_;
  std::size_t read_ = 0;         ///< bytes, so far
  std::shared_ptr<child> child_; ///< shared with the reaper
};

} // namespace troupe::actors
