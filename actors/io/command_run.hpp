// One command that runs beside a program's own, until it ends or nobody wants it any more: what it says goes on as it
// comes, line by line. Must not make, read or kill its child (helper_process does), or write to a log.
// On the loop's thread. Source: docs/contract/programs.md, 0.3. Cases: tests/io/command_desk_test.cpp.
#pragma once

#include "actors/io/command_desk.hpp"
#include "actors/io/helper_process.hpp"
#include "actors/io/named_lines.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace troupe::actors {

class command_run : public std::enable_shared_from_this<command_run> {
public:
  command_run(command_means_ptr means, command_order order, command_told told);

  void start(); ///< once, through the loop. Throws what posting throws
  void drop() noexcept;

private:
  void begin();
  bool may_read() const;
  void say(const std::string& lines) noexcept;
  void say_rest() noexcept;
  void conclude(bool ok, std::string text);

  const command_means_ptr means_;
  const std::shared_ptr<const command_order> order_;
  command_told told_; ///< empty: its end is known, or nobody wants to know
  named_lines lines_;
  std::shared_ptr<helper_log> log_;
  std::shared_ptr<helper_process> child_;
};

} // namespace troupe::actors
