// Does a command end with status 0? A helper child; of what it prints the first bytes are kept, and said where it
// fails. Must not make, read or kill the child (helper_process does). Source: docs/contract/programs.md, 0.3 and 3.1.
// Cases: tests/io/exec_probe_test.cpp.
#pragma once

#include "actors/io/helper_process.hpp"
#include "actors/io/named_lines.hpp"
#include "actors/io/probe_run.hpp"

#include <memory>
#include <string>

namespace troupe::actors {

class exec_probe : public probe_run {
public:
  exec_probe(probe_means_ptr means, probe_order order, probe_told told);

private:
  void look() override;
  void conclude(const probe_result& result) override;
  void let_go() noexcept override;

  std::shared_ptr<helper_process> child_;
  std::string output_; ///< the first of it
};

} // namespace troupe::actors
