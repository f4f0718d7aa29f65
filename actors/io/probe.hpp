// One look at whether a process answers, as whoever wants to know sees it: what to look at, what came of it, and the
// handle that is given up where nobody wants to know any more. Must not look (probe_desk.hpp begins it) or decide what
// the result means. Source: docs/contract/programs.md, 3.1 and 4.2.
#pragma once

#include "actors/core/cells.hpp"
#include "config/check_options.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace troupe::actors {

struct probe_result {
  bool ok = false;
  std::string detail; ///< DETAIL of 4.2, where it is not ok
};
using probe_told = std::function<void(probe_result)>;

struct probe_order {
  config::check_form form;  ///< tcp, unix, http or exec
  process_identity_ptr who; ///< whose
  int pid = 0;              ///< of the child, for exec; 0: there is none
  std::chrono::milliseconds timeout{3000};
  std::string name; ///< `ready` or `health`: stands before each line of its output
};

class probe_run;

/// Destroyed: nobody is told any more, its socket is closed, its child killed. On the loop's thread.
class probe {
public:
  explicit probe(std::shared_ptr<probe_run> run);
  ~probe();
  probe(const probe&) = delete;
  probe& operator=(const probe&) = delete;

private:
  std::shared_ptr<probe_run> run_;
};

} // namespace troupe::actors
