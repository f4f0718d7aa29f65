// What the kinds of probe have in common: one deadline, one answer, and that nothing comes of them once nobody wants
// it. All on the loop's thread. Must not know what is looked at (tcp_probe, unix_probe, http_probe and exec_probe do).
#pragma once

#include "actors/io/contained_run.hpp"
#include "actors/io/helper_child.hpp"
#include "actors/io/loop_door.hpp"
#include "actors/io/probe.hpp"
#include "actors/io/slow_looks.hpp"
#include "platform/spawn.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace troupe::actors {

/// How the child of an exec probe is made, or why it cannot be. It may hang, so it is called on the thread that makes
/// the child.
using plan_maker = std::function<std::variant<platform::spawn_plan, std::string>(const probe_order&)>;
/// What a failed probe has printed: whole lines, its name before each. On the loop's thread.
using output_sink = std::function<void(const process_identity_ptr& who, const std::string& lines)>;

/// What all probes of a desk use.
struct probe_means {
  boost::asio::io_context& io;
  std::shared_ptr<loop_door> door;
  std::shared_ptr<slow_looks> looks;
  helper_doors helpers;
  plan_maker make_plan;
  output_sink say;
};
using probe_means_ptr = std::shared_ptr<const probe_means>;

class probe_run : public contained_run {
public:
  probe_run(probe_means_ptr means, probe_order order, probe_told told);

  void start();         ///< once, through the loop. Throws what posting throws
  void drop() noexcept; ///< nobody wants its answer

protected:
  virtual void look() = 0; ///< begins; what it throws is a failed probe
  /// Called once, before whoever asked is told.
  virtual void conclude(const probe_result&) {}
  virtual void let_go() noexcept = 0; ///< of what it has open. Buffers stay: a handler may be on its way

  void answer(probe_result result); ///< the first one counts
  void fail(const std::string& detail) { answer({false, detail}); }

  const probe_means_ptr means_;
  const probe_order order_;

private:
  bool is_over() const noexcept override { return !told_; }
  void note_failure(const std::exception_ptr& met) override { fail(failure_text(met)); }

  probe_told told_; ///< empty: there is an answer, or nobody wants one
  boost::asio::steady_timer deadline_;
};

} // namespace troupe::actors
