// The child process behind an rpc_program: its pipes, from its start to its exit, one child after the other. What
// arrives for a child that has gone is known by the number of its life. All on the HTTP thread. Must not know what its
// lines mean, nor when to start it again (rpc_program.cpp and its actor do). Cases:
// tests/actors/extension_actor_test.cpp, tests/extension_test.py.
#pragma once

#include "actors/extensions/program_words.hpp"
#include "actors/io/helper_child.hpp"
#include "protocols/json_rpc.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

/// Who has the child: what it is told of it.
struct program_owner {
  virtual void child_started(int pid) = 0;
  virtual bool child_said(std::string_view line) = 0; ///< false: it is not to be believed, and break_off() was called
  virtual void child_complained(const std::string& line) = 0;
  virtual void child_broken(const std::string& why) = 0; ///< it does what it must not, and is being killed
  virtual void child_gone(const std::string& why, std::chrono::steady_clock::duration was_up) = 0; ///< there is none
  virtual void child_failed(const std::exception_ptr& met) noexcept = 0; ///< a handler threw this

protected:
  ~program_owner() = default;
};

class program_child : public std::enable_shared_from_this<program_child> {
public:
  /// `owner` is there for as long as handlers of `io` run.
  program_child(platform::spawn_plan plan, program_owner& owner);

  void connect(boost::asio::io_context& io, helper_doors helpers);
  void launch(); ///< where there is none; tells how that went
  bool exists() const { return pid_ != 0; }
  bool runs() const { return pid_ > 0 && !broken_; }
  std::uint64_t life() const { return life_; }
  /// Writes a line to it. False: too much waits for it to read.
  bool put(std::string line);
  /// Nothing more is believed, and it is killed.
  void break_off(const std::string& why);
  /// For good: SIGTERM, and SIGKILL after a while. The pipes keep io() at work until it is gone.
  void stop();
  void release(); ///< nobody runs the context any more

private:
  using descriptor = std::optional<boost::asio::posix::stream_descriptor>;
  template <class Work>
  auto contained(Work work);

  bool open_pipes(helper_child& child);
  void note_spawned(std::uint64_t life, int pid, int error);
  void note_exit(int wait_status);
  void hear_last_words();
  void gone(const std::string& why, std::chrono::steady_clock::duration was_up);
  void doubt(const std::string& why);
  void kill_after(std::chrono::steady_clock::duration time);
  void let_go();
  void await_output();
  void await_errors();
  ssize_t read_from(descriptor& from);
  void flush();
  static void close(descriptor& pipe);
  void close_pipes();

  const platform::spawn_plan plan_;
  program_owner& owner_;
  boost::asio::io_context* io_ = nullptr;
  helper_doors helpers_;

  int pid_ = 0; ///< 0: no child; -1: on its way
  std::uint64_t life_ = 0;
  bool broken_ = false;    ///< it is being killed
  std::string broken_why_; ///< what its end is told as then
  bool stopping_ = false;  ///< for good
  std::chrono::steady_clock::time_point up_since_;
  std::optional<boost::asio::steady_timer> next_; ///< of its life: doubt, or kill

  descriptor in_, out_, err_;
  std::string output_; ///< that waits for room
  protocols::line_splitter lines_;
  complaint_lines complaints_;
  std::vector<char> buffer_;
};

} // namespace troupe::actors
