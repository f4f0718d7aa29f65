// Where the lines of helpers end up: in the log that the process has for its stderr, through its child's channel where
// there is one; else that log is opened for them, and let go. Without one in the main log. What the disk thinks of that
// may take long: must be called where it holds up nobody else. Source: docs/contract/programs.md, 0.3.
// Cases: tests/io/helper_log_test.cpp.
#pragma once

#include "actors/io/child_logs.hpp"
#include "actors/io/child_pipes.hpp"
#include "actors/io/helper_log.hpp"
#include "actors/io/relay.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace troupe::actors::pipes {

class helper_writer {
public:
  struct means {
    platform::main_log& log;
    process_identity_ptr who;
    log_opener open;
    std::function<child_ptr()> child; ///< of `who`, now; null: there is none
    look_again wait_for_room;         ///< told of a log that has none
  };
  explicit helper_writer(means m) : means_(std::move(m)) {}

  void write(const std::string& lines);

private:
  bool into_channel(const std::string& lines);
  bool into_file(const std::string& lines);
  void into_main_log(const std::string& lines);
  void tell_once(const std::string& text);
  bool both() const { return means_.who->options->redirect_stderr; } ///< channels have one log
  const config::shared_text& path() const;
  std::string log_name() const;

  const means means_;
  bool told_ = false; ///< of a log that cannot be opened, or written
};

/// `owner`: of the loop; once it is gone nothing is written any more.
std::shared_ptr<helper_log> make_helper_log(helper_writer::means means, relay& loop, std::weak_ptr<void> owner);

} // namespace troupe::actors::pipes
