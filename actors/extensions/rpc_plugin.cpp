// See rpc_plugin.hpp.
#include "actors/extensions/rpc_plugin.hpp"

#include "actors/extensions/plugin_worker.hpp"
#include "config/plugin_name.hpp"
#include "config/text.hpp"
#include "platform/main_log.hpp"

#include <system_error>
#include <thread>
#include <utility>

namespace troupe::actors {

using config::log_level;
using protocols::rpc_value;

namespace {

constexpr auto retry = std::chrono::seconds{1}; // where no thread can be made

class rpc_plugin final : public rpc_extension {
public:
  rpc_plugin(std::string name, extension_methods methods, std::shared_ptr<plugin_worker> worker,
             platform::main_log& log)
      : rpc_extension(std::move(name)), methods_(std::move(methods)), worker_(std::move(worker)), log_(log) {}
  ~rpc_plugin() override {
    stop();
    join();
  }

  void start(const extension_context& context) override {
    worker_->connect(context, [this] { wake(); });
  }
  extension_methods methods() const override { return methods_; }
  void call(const std::string& method, const rpc_value::array& params, caller_ptr /*its table has no place for him*/,
            control_answer_to answer) override {
    worker_->add(method, params, std::move(answer));
  }
  void stop() override {
    worker_->refuse_all();
    wake(); // its actor has nothing to do any more
  }
  void join() override {
    if (!thread_.joinable())
      return;
    if (worker_->ended_soon())
      return thread_.join();
    worker_->cut_off();
    thread_.detach();
  }

  extension_need need() const override {
    auto what = worker_->need();
    if (!thread_.joinable())
      what.begin_at = begin_at_;
    return what;
  }
  void begin() override try {
    thread_ = std::thread([worker = worker_] { worker->run(); });
  } catch (const std::system_error& e) {
    log_.write(log_level::error, "rpc interface " + config::quoted(name()) + ": no thread for it: " + e.what());
    begin_at_ = std::chrono::steady_clock::now() + retry;
    wake();
  }
  void repair() override {
    if (thread_.joinable())
      thread_.join(); // it is at its end
    worker_->go_on();
  }

private:
  extension_methods methods_;
  std::shared_ptr<plugin_worker> worker_;
  platform::main_log& log_;
  std::thread thread_;
  std::chrono::steady_clock::time_point begin_at_{};
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
    std::make_shared<rpc_plugin>(options.name, *std::move(methods), std::move(worker), log));
}

} // namespace troupe::actors
