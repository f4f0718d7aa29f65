// See rpc_plugin.hpp. The worker outlives the rpc_plugin where a handler never returns: its thread is then left behind
// with all that the handler may touch, cut off from the daemon.
#include "actors/extensions/rpc_plugin.hpp"

#include "actors/extensions/plugin_host.hpp"
#include "actors/extensions/plugins.hpp"
#include "actors/rpc/rpc_caller.hpp"
#include "config/plugin_name.hpp"
#include "config/text.hpp"
#include "platform/main_log.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <thread>
#include <unordered_map>

namespace troupe::actors {

using config::log_level;
using protocols::fault;
using protocols::make_fault;
using protocols::rpc_response;
using protocols::rpc_value;

namespace {

constexpr std::size_t most_waiting = 64;
constexpr auto patience = std::chrono::seconds{2}; // with a handler that still runs when the daemon ends

log_level level_of(int number) {
  for (auto level : {log_level::critical, log_level::error, log_level::warn, log_level::info})
    if (number >= static_cast<int>(level))
      return level;
  return log_level::debug;
}

control_answer answer_of(rpc_response response) {
  if (auto* refused = std::get_if<protocols::rpc_fault>(&response))
    return std::move(*refused);
  return std::get<rpc_value>(std::move(response));
}

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
  void connect(const extension_context& context);
  void run();
  void add(const std::string& method, const rpc_value::array& params, control_answer_to answer);
  void refuse_all();
  bool ended_soon();
  void cut_off(); ///< from a daemon that ends

  void log(int level, const char* text) override;
  void publish(const char* type, const char* data) override;
  troupe_writer* arguments() override;
  const rpc_value& call(const char* method, int& code) override;

private:
  struct waiting {
    const troupe_method* method;
    rpc_value params;
    control_answer_to answer;
  };
  rpc_response perform(const waiting& what);
  rpc_response ask(const std::string& method, const rpc_value::array& params);
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

  std::mutex mutex_; ///< of the queue
  std::condition_variable changed_;
  std::deque<waiting> queue_;
  control_answer_to current_; ///< of the call that runs
  bool closing_ = false;
  bool ended_ = false;

  std::atomic<std::thread::id> thread_{}; ///< what follows is this thread's
  troupe_writer arguments_;
  rpc_value last_answer_;
};

config::result<extension_methods> plugin_worker::read_methods() {
  if (table_.method_size < sizeof(troupe_method) || !table_.open)
    return config::fault("its methods were built for another layout, or it has no open()");
  std::vector<extension_method> rows;
  const auto* at = reinterpret_cast<const char*>(table_.methods);
  for (std::size_t i = 0; i < table_.method_count; ++i, at += table_.method_size) {
    const auto& m = *reinterpret_cast<const troupe_method*>(at);
    auto text = [](const char* s) { return std::string(s ? s : ""); };
    if (!m.handler)
      return config::fault("method " + text(m.name) + " has no handler");
    auto needs = m.access == TROUPE_READ ? access::read : m.access == TROUPE_ADMIN ? access::admin : access::control;
    rows.push_back({text(m.name), text(m.result), text(m.params), text(m.help), needs});
    methods_[rows.back().name] = &m;
  }
  return checked_methods(std::move(rows));
}

std::string plugin_worker::open() {
  for (const auto& [name, value] : options_.options)
    shown_options_.push_back({name.c_str(), value.c_str()});
  std::string error(1024, '\0');
  try {
    self_ = table_.open(&plugin_host(), this, options_.name.c_str(), shown_options_.data(), shown_options_.size(),
                        error.data(), error.size());
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception left open()";
  }
  error.resize(error.find('\0') == error.npos ? error.size() : error.find('\0'));
  return self_ ? "" : error.empty() ? "it gives no reason" : error;
}

void plugin_worker::connect(const extension_context& context) {
  std::lock_guard lock{daemon_mutex_};
  publish_ = context.rpc.publish;
  caller_ = std::make_unique<rpc_caller>(context.rpc, context.ask);
}

void plugin_worker::run() {
  thread_ = std::this_thread::get_id();
  guarded("start()", [this] {
    if (table_.start)
      table_.start(self_);
  });
  for (;;) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    if (closing_)
      break;
    auto what = std::move(queue_.front());
    queue_.pop_front();
    current_ = std::move(what.answer);
    lock.unlock();
    auto response = perform(what);
    lock.lock();
    if (auto answer = std::exchange(current_, nullptr)) {
      lock.unlock();
      (*answer)(answer_of(std::move(response)));
    }
  }
  close();
  std::lock_guard lock{mutex_};
  ended_ = true;
  changed_.notify_all();
}

rpc_response plugin_worker::perform(const waiting& what) {
  troupe_writer result;
  try {
    what.method->handler(self_, shown_to_plugin(what.params), &result);
    return result.finish();
  } catch (const std::exception& e) { // a plug-in in C++
    return make_fault(fault::failed, e.what());
  } catch (...) {
    return make_fault(fault::failed);
  }
}

void plugin_worker::close() {
  auto* self = std::exchange(self_, nullptr);
  if (self && table_.close)
    guarded("close()", [&] { table_.close(self); });
}

/// A plug-in in C++ may throw, though it should not.
template <class Work>
void plugin_worker::guarded(const char* what, Work work) {
  try {
    work();
  } catch (...) {
    log(TROUPE_ERROR, ("rpc interface " + config::quoted(options_.name) + ": an exception left " + what).c_str());
  }
}

void plugin_worker::add(const std::string& method, const rpc_value::array& params, control_answer_to answer) {
  std::unique_lock lock{mutex_};
  auto found = methods_.find(method);
  auto refused =
    closing_                  ? make_fault(fault::shutdown_state)
    : found == methods_.end() ? make_fault(fault::unknown_method)
    : queue_.size() < most_waiting
      ? protocols::rpc_fault{}
      : make_fault(fault::failed, "too many calls of rpc interface " + config::quoted(options_.name) + " wait");
  if (refused.code != 0) {
    lock.unlock();
    return (*answer)(std::move(refused));
  }
  queue_.push_back({found->second, params, std::move(answer)});
  changed_.notify_all();
}

void plugin_worker::refuse_all() {
  std::deque<waiting> refused;
  {
    std::lock_guard lock{mutex_};
    closing_ = true;
    refused.swap(queue_);
    changed_.notify_all();
  }
  for (auto& what : refused)
    (*what.answer)(make_fault(fault::shutdown_state));
}

bool plugin_worker::ended_soon() {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, patience, [this] { return ended_; });
}

void plugin_worker::cut_off() {
  {
    std::lock_guard lock{daemon_mutex_};
    log_->write(log_level::warn,
                "rpc interface " + config::quoted(options_.name) + ": a call has not ended; its thread is left behind");
    log_ = nullptr;
    publish_ = nullptr;
    caller_ = nullptr;
  }
  control_answer_to nobody;
  std::lock_guard lock{mutex_};
  nobody.swap(current_);
}

// -- what the plug-in asks of the daemon -----------------------------------------------------------

void plugin_worker::log(int level, const char* text) {
  std::lock_guard lock{daemon_mutex_};
  if (log_)
    log_->write(level_of(level), config::one_line(text));
}

void plugin_worker::publish(const char* type, const char* data) {
  std::lock_guard lock{daemon_mutex_};
  if (publish_)
    publish_(protocols::remote_communication_event(type, data));
}

troupe_writer* plugin_worker::arguments() {
  thread_local troupe_writer nobodys;
  auto& list = std::this_thread::get_id() == thread_.load() ? arguments_ : nobodys;
  list = {};
  return &list;
}

const rpc_value& plugin_worker::call(const char* method, int& code) {
  static const rpc_value elsewhere{"FAILED: calls are made by the interface's own thread"};
  code = static_cast<int>(fault::failed);
  if (std::this_thread::get_id() != thread_.load())
    return elsewhere;
  auto params = std::exchange(arguments_, {}).arguments();
  auto response = params ? ask(method, *params) : make_fault(fault::incorrect_parameters);
  if (auto* refused = std::get_if<protocols::rpc_fault>(&response)) {
    code = static_cast<int>(refused->code);
    last_answer_ = std::move(refused->text);
  } else {
    code = 0;
    last_answer_ = std::get<rpc_value>(std::move(response));
  }
  return last_answer_;
}

rpc_response plugin_worker::ask(const std::string& method, const rpc_value::array& params) {
  struct slot {
    std::mutex mutex;
    std::condition_variable filled;
    std::optional<rpc_response> response;
  };
  auto one = std::make_shared<slot>();
  {
    std::lock_guard lock{daemon_mutex_};
    if (!caller_)
      return make_fault(fault::failed, "the daemon has gone");
    caller_->call(method, params, [one](rpc_response response) {
      std::lock_guard slot_lock{one->mutex};
      one->response = std::move(response);
      one->filled.notify_all();
    });
  }
  std::unique_lock lock{one->mutex};
  one->filled.wait(lock, [&] { return one->response.has_value(); });
  return *std::move(one->response);
}

// -- the extension ---------------------------------------------------------------------------------

class rpc_plugin final : public rpc_extension {
public:
  rpc_plugin(std::string name, extension_methods methods, std::shared_ptr<plugin_worker> worker)
      : rpc_extension(std::move(name)), methods_(std::move(methods)), worker_(std::move(worker)) {}
  ~rpc_plugin() override {
    stop();
    join();
  }

  void start(const extension_context& context) override {
    worker_->connect(context);
    thread_ = std::thread([worker = worker_] { worker->run(); });
  }
  extension_methods methods() const override { return methods_; }
  void call(const std::string& method, const rpc_value::array& params, control_answer_to answer) override {
    worker_->add(method, params, std::move(answer));
  }
  void stop() override { worker_->refuse_all(); }
  void join() override {
    if (!thread_.joinable())
      return;
    if (worker_->ended_soon())
      return thread_.join();
    worker_->cut_off();
    thread_.detach();
  }

private:
  extension_methods methods_;
  std::shared_ptr<plugin_worker> worker_;
  std::thread thread_;
};

} // namespace

config::result<std::shared_ptr<rpc_extension>> load_rpc_plugin(const config::rpcinterface_options& options,
                                                               platform::main_log& log) {
  auto section = "rpcinterface:" + options.name;
  auto loaded =
    load_plugin(options.factory, section, TROUPE_RPC_PLUGIN, "troupe_rpc_plugin", sizeof(troupe_rpc_plugin));
  if (!loaded)
    return loaded.error();
  auto worker = std::make_shared<plugin_worker>(*std::move(loaded), options, log);
  auto methods = worker->read_methods();
  if (!methods)
    return config::unresolved(options.factory, section, methods.error().what);
  if (auto refused = worker->open(); !refused.empty()) {
    log.write(log_level::warn, "[" + section + "]: " + refused);
    return config::fault("Could not make " + options.name + " rpc interface");
  }
  return std::shared_ptr<rpc_extension>(
    std::make_shared<rpc_plugin>(options.name, *std::move(methods), std::move(worker)));
}

} // namespace troupe::actors
