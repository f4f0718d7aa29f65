// The actor of an [rpcinterface:x] that is not built in: lets its program, or its thread, begin, and begin again;
// reports what a handler of it has thrown. It lives on the HTTP thread; what must not be lost with it is in the
// rpc_extension. Must not carry calls: they go to the extension at once. Cases: tests/actors/extension_actor_test.cpp.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/rpc/rpc_extension.hpp"
#include "actors/services.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace troupe::actors {

struct extension_state {
  static inline const char* name = "extension";

  hosted<extension_actor>* self = nullptr;
  std::shared_ptr<rpc_extension> extension;
  platform::main_log* log = nullptr;
  std::optional<std::chrono::steady_clock::time_point> reminded_of;

  void take_over();
  void look();
  void begin(std::chrono::steady_clock::time_point at);
};

/// On the host of the HTTP thread. It ends when its extension has been told to stop.
extension_actor::behavior_type run_extension(hosted_pointer<extension_actor, extension_state> self,
                                             std::shared_ptr<rpc_extension> extension, platform::main_log* log);

} // namespace troupe::actors
