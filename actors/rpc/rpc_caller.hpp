// Calls methods of the table on behalf of an extension, value in, value out.
// Must not know how it came to ask. Source: docs/extending.md.
#pragma once

#include "actors/rpc/audit_trail.hpp"
#include "actors/rpc/rpc_methods.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors {

class rpc_caller {
public:
  using ask_function = std::function<void(control_request, control_answer_to)>;
  /// `name`, `roles`: of the extension and its section; see extension_caller().
  rpc_caller(rpc_context context, ask_function ask, const std::string& name,
             std::optional<std::vector<std::string>> roles)
      : audited_(context.audit != nullptr), board_(context.board), access_(context.access),
        name_("rpcinterface:" + name), roles_(std::move(roles)), whoever_(whoever_gets_in(context.board)),
        methods_(std::move(context)), ask_(std::move(ask)) {}

  /// Any thread. `done` is called once, here or later on another thread. Built-in methods but system.multicall.
  /// `served`: for whom it is; null: for nobody but the extension.
  void call(const std::string& method, const protocols::rpc_value::array& params,
            std::function<void(protocols::rpc_response)> done, const caller* served = nullptr);

  /// Of the extension by itself, any thread.
  bool may(config::right daemon_right) {
    std::lock_guard lock{mutex_};
    return who_acts(nullptr)->may(daemon_right);
  }

private:
  caller_ptr who_acts(const caller* served);

  const bool audited_;
  std::mutex mutex_; ///< of the methods, which keep what they wrote last, and of `own_`
  const status_board& board_;
  const std::shared_ptr<const access_book> access_; ///< null: access control is off
  const std::string name_;
  const std::optional<std::vector<std::string>> roles_;
  const caller_ptr whoever_;
  caller_ptr own_; ///< the extension by itself, limited by its roles
  std::uint64_t own_epoch_ = 0;
  rpc_methods methods_;
  ask_function ask_;
};

} // namespace troupe::actors
