// Does a command end with status 0? A helper child of the reaper's, made, signalled and waited for through its doors.
// Of what it prints the first bytes are kept, and said where it fails. Must not look for its file, or fork.
// Source: docs/contract/programs.md, 0.3 and 3.1. Cases: tests/io/exec_probe_test.cpp.
#pragma once

#include "actors/io/probe_run.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace troupe::actors {

class exec_probe : public probe_run {
public:
  exec_probe(probe_means_ptr means, probe_order order, probe_told told);

private:
  struct child;

  void look() override;
  void conclude(const probe_result& result) override;
  void let_go() noexcept override;
  void make();
  void await_output();
  enum class reading { more, nothing_now, over };
  reading read_some();
  void note_exit(int wait_status);
  void kill() noexcept;

  boost::asio::posix::stream_descriptor pipe_; ///< its stdout and stderr
  std::shared_ptr<child> child_;               ///< shared with the reaper
  std::string output_;                         ///< the first of it
};

/// `NAME: ` before each line; the last one ends as the others.
std::string lines_with_name(std::string_view output, std::string_view name);

} // namespace troupe::actors
