// See plugin_worker.hpp.
#include "actors/extensions/plugin_worker.hpp"

#include "actors/io/contained.hpp"
#include "config/plugin_name.hpp"
#include "config/text.hpp"

#include <utility>

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

} // namespace

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

void plugin_worker::connect(const extension_context& context, std::function<void()> wake) {
  {
    std::lock_guard lock{daemon_mutex_};
    publish_ = context.rpc.publish;
    caller_ = std::make_unique<rpc_caller>(context.rpc, context.ask, options_.name, options_.roles);
    wake_ = std::move(wake);
  }
  std::lock_guard lock{mutex_};
  connected_ = true;
}

extension_need plugin_worker::need() const {
  std::lock_guard lock{mutex_};
  return {.over = closing_ || !connected_, .failure = failed_ ? failure_ : std::string(), .begin_at = {}};
}

void plugin_worker::go_on() {
  std::deque<waiting> refused;
  {
    std::lock_guard lock{mutex_};
    failed_ = ended_ = false;
    refused.swap(queue_);
  }
  for (auto& what : refused)
    (*what.answer)(
      make_fault(fault::failed, "the thread of rpc interface " + config::quoted(options_.name) + " has ended"));
}

void plugin_worker::run() {
  try {
    work();
  } catch (...) {
    note_failure(std::current_exception());
    return;
  }
  close();
  note_end();
}

void plugin_worker::note_end() {
  std::lock_guard lock{mutex_};
  ended_ = true;
  changed_.notify_all();
}

/// What the plug-in throws does not come here: something of ours has thrown, an answer most likely.
void plugin_worker::note_failure(const std::exception_ptr& met) noexcept {
  control_answer_to unanswered;
  {
    std::lock_guard lock{mutex_};
    failed_ = ended_ = true;
    failure_ = "an error";
    try {
      failure_ = words_of(met);
    } catch (...) { // no memory for the words
    }
    unanswered.swap(current_);
    changed_.notify_all();
  }
  std::lock_guard lock{daemon_mutex_};
  try {
    if (wake_)
      wake_();
  } catch (...) { // no memory to tell the actor: the next call does
  }
}

void plugin_worker::work() {
  thread_ = std::this_thread::get_id();
  if (!std::exchange(started_, true))
    guarded("start()", [this] {
      if (table_.start)
        table_.start(self_);
    });
  for (;;) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    if (closing_)
      return;
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
    wake_ = nullptr;
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
  if (publish_ && caller_->may(config::right::publish))
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

} // namespace troupe::actors
