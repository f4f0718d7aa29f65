// What stands behind an [rpcinterface:x] that is not built in: methods that are added to the table, and somebody who
// answers calls of them later. Implemented by rpc_plugin (a shared object) and rpc_program (a child process).
// Must not know XML, JSON or C. Source: docs/contract/http.md, 7; docs/extending.md.
#pragma once

#include "actors/io/helper_child.hpp"
#include "actors/rpc/rpc_methods.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace troupe::actors {

/// A row that an extension adds to the table.
struct extension_method {
  std::string name;
  std::string result; ///< "type"
  std::string params; ///< "type name, type name=default"
  std::string help;
  access needs = access::control;
};
/// Sorted by name; never changed once shown.
using extension_methods = std::shared_ptr<const std::vector<extension_method>>;

/// The methods, checked and sorted: names as in C that do not begin with _, types and names in `params`, none twice.
/// Errors name the method.
config::result<extension_methods> checked_methods(std::vector<extension_method> methods);

/// What a running extension has around it.
struct extension_context {
  boost::asio::io_context& io; ///< of the HTTP thread
  rpc_context rpc;             ///< without extensions
  std::function<void(control_request, control_answer_to)> ask;
  helper_doors helpers;
};

/// What there is to be done for an extension. It is kept here, in the record, so that it is not lost with an actor.
struct extension_need {
  bool over = false;   ///< it was told to stop, or never told to start: nothing
  std::string failure; ///< a handler of its own threw this: repair()
  std::optional<std::chrono::steady_clock::time_point> begin_at; ///< nobody answers its calls: begin(), not before then
};

class rpc_extension {
public:
  explicit rpc_extension(std::string name) : name_(std::move(name)) {}
  virtual ~rpc_extension() = default;
  rpc_extension(const rpc_extension&) = delete;
  rpc_extension& operator=(const rpc_extension&) = delete;

  const std::string& name() const { return name_; }

  /// Before the HTTP thread runs: what it works with. Its actor lets it begin.
  virtual void start(const extension_context& context) = 0;
  /// HTTP thread. Null: not known yet, whatever is called is refused by call().
  virtual extension_methods methods() const = 0;
  /// HTTP thread; never blocks. The answer is an rpc_value or a fault. `who`: calls it; null: access control is off.
  virtual void call(const std::string& method, const protocols::rpc_value::array& params, caller_ptr who,
                    control_answer_to answer) = 0;
  /// HTTP thread: no more calls come; what waits is refused. Ends whatever keeps the thread, within seconds.
  virtual void stop() = 0;
  /// After the HTTP thread: waits for threads of its own, for seconds at most.
  virtual void join() {}

  // -- from its actor, on the HTTP thread -------------------------------------------------------------
  /// From now on `wake` is called, on any thread, whenever need() has changed.
  void tell(std::function<void()> wake) {
    std::lock_guard lock{mutex_};
    wake_ = std::move(wake);
  }
  virtual extension_need need() const = 0;
  virtual void begin() = 0;  ///< the program, or the thread
  virtual void repair() = 0; ///< calls that wait are answered with FAILED, and what answers them begins anew

protected:
  void wake() {
    std::lock_guard lock{mutex_};
    if (wake_)
      wake_();
  }

private:
  std::string name_;
  std::mutex mutex_;
  std::function<void()> wake_;
};

} // namespace troupe::actors
