// See extensions.hpp.
#include "actors/extensions/extensions.hpp"

#include "actors/extensions/rpc_plugin.hpp"
#include "actors/extensions/rpc_program.hpp"
#include "config/plugin_name.hpp"

#include <algorithm>

namespace troupe::actors {

bool is_built_in(const config::rpcinterface_options& options) {
  return options.factory == config::built_in_interface || shows_troupe(options);
}

bool shows_troupe(const config::rpcinterface_options& options) { return options.factory == config::troupe_interface; }

config::result<std::shared_ptr<rpc_extension>> make_extension(const config::rpcinterface_options& options,
                                                              const config::environment& env, platform::main_log& log) {
  auto made = options.factory.empty() ? make_rpc_program(options, env, log) : load_rpc_plugin(options, log);
  if (!made)
    return config::error{options.at, made.error().what};
  return made;
}

config::environment extension_environment(config::environment daemon, const std::optional<std::string>& server_url,
                                          const config::environment& own) {
  auto set = [&](const std::string& key, const std::string& value) {
    std::erase_if(daemon, [&](auto& entry) { return entry.first == key; });
    daemon.emplace_back(key, value);
  };
  set("SUPERVISOR_ENABLED", "1");
  if (server_url)
    set("SUPERVISOR_SERVER_URL", *server_url);
  for (const auto& [key, value] : own)
    set(key, value);
  return daemon;
}

} // namespace troupe::actors
