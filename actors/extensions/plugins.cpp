// See plugins.hpp.
#include "actors/extensions/plugins.hpp"

#include "config/plugin_name.hpp"
#include "platform/line_relay.hpp"
#include "protocols/stdout_lines.hpp"
#include "troupe/rpc_plugin.h"

#include <memory>

namespace troupe::actors {

namespace {

/// What every plug-in's struct begins with.
struct plugin_head {
  std::uint32_t kind;
  std::uint32_t abi_version;
  std::uint32_t size;
};

troupe_text text_of(std::string_view text) { return {text.data(), text.size()}; }

protocols::handler_verdict verdict_of(std::int32_t code) {
  switch (code) {
  case TROUPE_ACCEPT:
    return protocols::handler_verdict::accept;
  case TROUPE_REJECT:
    return protocols::handler_verdict::reject;
  default:
    return protocols::handler_verdict::error;
  }
}

} // namespace

config::result<loaded_plugin> load_plugin(const std::string& spec, const std::string& section, std::uint32_t kind,
                                          const std::string& type, std::size_t size) {
  auto failed = [&](const std::string& reason) { return config::unresolved(spec, section, reason); };
  auto name = config::shared_object_name(spec);
  if (!name)
    return failed("it is not written as /path/lib.so:symbol");
  auto library = platform::shared_library::open(name->library);
  if (!library)
    return failed(library.error().what);
  const auto* head = static_cast<const plugin_head*>(library->symbol(name->symbol));
  if (!head)
    return failed(name->library + " has no symbol " + name->symbol);
  if (head->kind != kind)
    return failed(name->symbol + " is no " + type);
  if (head->abi_version != TROUPE_ABI_VERSION)
    return failed(name->symbol + " was built for ABI version " + std::to_string(head->abi_version) +
                  ", this supervisord has version " + std::to_string(TROUPE_ABI_VERSION));
  if (head->size < size)
    return failed(name->symbol + " says its " + type + " has " + std::to_string(head->size) + " bytes, fewer than " +
                  std::to_string(size));
  return loaded_plugin{*std::move(library), head};
}

config::result<protocols::result_handler> load_result_handler(const std::string& spec, const std::string& section) {
  if (spec == config::built_in_handler)
    return protocols::result_handler(protocols::default_result_handler);
  if (spec == config::stdout_handler)
    return protocols::result_handler([](std::string_view, std::string_view, std::string_view result) {
      platform::line_relay::of_stdout().write(protocols::stdout_text(result));
      return protocols::handler_verdict::accept;
    });
  auto loaded =
    load_plugin(spec, section, TROUPE_RESULT_HANDLER, "troupe_result_handler", sizeof(troupe_result_handler));
  if (!loaded)
    return loaded.error();
  const auto* table = static_cast<const troupe_result_handler*>(loaded->table);
  if (!table->judge)
    return config::unresolved(spec, section, "it has no judge");
  auto library = std::make_shared<platform::shared_library>(std::move(loaded->library));
  return protocols::result_handler(
    [library, table](std::string_view header, std::string_view body, std::string_view result) {
      try {
        return verdict_of(table->judge(text_of(header), text_of(body), text_of(result)));
      } catch (...) { // a handler in C++ that should not have thrown must not end whoever called it
        return protocols::handler_verdict::error;
      }
    });
}

config::result<protocols::result_handler> result_handler_of(const config::group_options& group) {
  if (group.kind != config::group_kind::eventlistener || group.result_handler == config::built_in_handler)
    return protocols::result_handler();
  auto loaded = load_result_handler(group.result_handler, "eventlistener:" + group.name);
  if (!loaded)
    return config::error{group.result_handler_at ? *group.result_handler_at : config::place{}, loaded.error().what};
  return loaded;
}

} // namespace troupe::actors
