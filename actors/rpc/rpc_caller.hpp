// Calls methods of the table on behalf of an extension, value in, value out.
// Must not know who asks. Source: docs/extending.md.
#pragma once

#include "actors/rpc/audit_trail.hpp"
#include "actors/rpc/rpc_methods.hpp"

#include <functional>
#include <mutex>

namespace troupe::actors {

class rpc_caller {
public:
  using ask_function = std::function<void(control_request, control_answer_to)>;
  /// `name`: of the extension.
  rpc_caller(rpc_context context, ask_function ask, const std::string& name)
      : audited_(context.audit != nullptr), who_(whoever_gets_in(context.board)), methods_(std::move(context)),
        ask_(std::move(ask)) {
    origin_.user = "rpcinterface:" + name;
    origin_.how = "extension";
  }

  /// Any thread. `done` is called once, here or later on another thread. Built-in methods but system.multicall.
  void call(const std::string& method, const protocols::rpc_value::array& params,
            std::function<void(protocols::rpc_response)> done);

private:
  const bool audited_;
  audit_origin origin_;
  std::mutex mutex_; ///< of the methods, which keep what they wrote last
  const caller_ptr who_;
  rpc_methods methods_;
  ask_function ask_;
};

} // namespace troupe::actors
