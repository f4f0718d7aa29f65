// Does somebody accept connections at the socket of a path? The path may be on a file system that hangs, so the
// connect(2) is a look of the crew's. Must not speak there. Source: docs/contract/programs.md, 3.1.
// Cases: tests/io/probe_desk_test.cpp.
#pragma once

#include "actors/io/probe_run.hpp"

#include <memory>

namespace troupe::actors {

class unix_probe : public probe_run {
public:
  using probe_run::probe_run;

private:
  void look() override;
  void let_go() noexcept override { path_.reset(); }

  std::shared_ptr<const slow_look> path_; ///< while it is looked at
};

} // namespace troupe::actors
