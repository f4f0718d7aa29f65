// Where probes begin: ready= and health= of a program, looked at from the loop of the actors' thread without ever
// making it wait. Must not decide when to look, or what a result means. Must not include CAF.
// Source: docs/contract/programs.md, 3.1 and 4.2. Cases: tests/io/probe_desk_test.cpp, tests/io/exec_probe_test.cpp.
#pragma once

#include "actors/io/probe.hpp"
#include "actors/io/probe_run.hpp"
#include "actors/io/work_crew.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>

namespace troupe::actors {

class probe_desk {
public:
  /// `crew`: looks at paths and looks up names. `make_plan` is called on threads that make children, and may be after
  /// the desk's end.
  probe_desk(boost::asio::io_context& io, work_crew& crew, helper_doors doors, plan_maker make_plan, output_sink say);
  ~probe_desk(); ///< after its probes, before the crew and the loop
  probe_desk(const probe_desk&) = delete;
  probe_desk& operator=(const probe_desk&) = delete;

  /// On the loop's thread, where `told` is called, once, never from in here. Throws std::bad_alloc where not even a
  /// failure could be told; std::invalid_argument: that form is no probe.
  std::unique_ptr<probe> begin(const probe_order& order, probe_told told);

private:
  const probe_means_ptr means_;
};

} // namespace troupe::actors
