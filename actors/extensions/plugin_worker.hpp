// A shared object behind an [rpcinterface:x], its thread's work and its way to the daemon. It outlives the rpc_plugin
// where a handler never returns: its thread is then left behind with all that the handler may touch, cut off from the
// daemon. Must not make threads (rpc_plugin.cpp does). Cases: tests/extensions/plugin_test.cpp.
#pragma once

#include "actors/extensions/plugin_host.hpp"
#include "actors/extensions/plugins.hpp"
#include "actors/rpc/rpc_caller.hpp"
#include "actors/rpc/rpc_extension.hpp"
#include "config/options.hpp"
#include "platform/main_log.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace troupe::actors {

/// The plug-in, its thread's work and its way to the daemon.
class plugin_worker final : public troupe_daemon {
public:
  plugin_worker(loaded_plugin loaded, config::rpcinterface_options options, platform::main_log& log)
      : loaded_(std::move(loaded)), table_(*static_cast<const troupe_rpc_plugin*>(loaded_.table)),
        options_(std::move(options)), log_(&log) {}
  virtual ~plugin_worker() { close(); }
  plugin_worker(const plugin_worker&) = delete;
  plugin_worker& operator=(const plugin_worker&) = delete;

  config::result<extension_methods> read_methods();
  /// What it says against being opened; empty: it is open.
  std::string open();
  void connect(const extension_context& context, std::function<void()> wake);
  /// The thread's. It may end before it is told to, where something of ours throws; then another one goes on.
  void run();
  extension_need need() const;
  void go_on(); ///< after its thread has ended; before the next one
  void add(const std::string& method, const protocols::rpc_value::array& params, control_answer_to answer);
  void refuse_all();
  bool ended_soon();
  void cut_off(); ///< from a daemon that ends

  void log(int level, const char* text) override;
  void publish(const char* type, const char* data) override;
  troupe_writer* arguments() override;
  const protocols::rpc_value& call(const char* method, int& code) override;

private:
  struct waiting {
    const troupe_method* method;
    protocols::rpc_value params;
    control_answer_to answer;
  };
  void work();
  void note_failure(const std::exception_ptr& met) noexcept;
  void note_end();
  protocols::rpc_response perform(const waiting& what);
  protocols::rpc_response ask(const std::string& method, const protocols::rpc_value::array& params);
  void close();
  template <class Work>
  void guarded(const char* what, Work work);

  loaded_plugin loaded_;
  const troupe_rpc_plugin& table_;
  config::rpcinterface_options options_;
  std::vector<troupe_option> shown_options_;
  std::unordered_map<std::string, const troupe_method*> methods_;
  void* self_ = nullptr;

  std::mutex daemon_mutex_; ///< of what belongs to the daemon; null: it has gone, or is not there yet
  platform::main_log* log_;
  std::function<void(protocols::event)> publish_;
  std::unique_ptr<rpc_caller> caller_;
  std::function<void()> wake_;

  mutable std::mutex mutex_; ///< of the queue
  std::condition_variable changed_;
  std::deque<waiting> queue_;
  control_answer_to current_; ///< of the call that runs
  bool connected_ = false;
  bool closing_ = false;
  bool ended_ = false;
  bool failed_ = false; ///< its thread has ended too early
  std::string failure_; ///< of what

  std::atomic<std::thread::id> thread_{}; ///< what follows is this thread's
  bool started_ = false;
  troupe_writer arguments_;
  protocols::rpc_value last_answer_;
};

} // namespace troupe::actors
