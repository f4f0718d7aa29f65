// The daemon's side of the C ABI (include/troupe/rpc_plugin.h): values that a plug-in reads, a writer that puts one
// together, and the table of functions. Must not load plug-ins or run them (rpc_plugin.cpp does).
// Source: the header. Cases: tests/extensions/plugin_test.cpp.
#pragma once

#include "protocols/xmlrpc.hpp"
#include "troupe/rpc_plugin.h"

#include <optional>
#include <string>
#include <vector>

/// What a plug-in writes a value into. Total: what makes no sense is remembered and makes the value unusable.
struct troupe_writer {
  using value = troupe::protocols::rpc_value;

  void put(value v);
  void begin(value container);
  void end(bool is_struct);
  void name(std::string key);
  void spoil(const char* why); ///< the first one counts
  void refuse(int code, std::string text) { refused = {code, std::move(text)}; }
  /// The value, the fault that was put in its place, or the fault FAILED that says what was wrong.
  troupe::protocols::rpc_response finish();
  /// For a list of arguments: the values that were put one after the other.
  std::optional<value::array> arguments();

  static constexpr std::size_t deepest = 40; ///< less than what a client reads
  struct open {
    value container;
    std::optional<std::string> name; ///< of the member to come
  };
  std::vector<open> stack;
  value::array done;
  std::optional<troupe::protocols::rpc_fault> refused;
  std::string mistake; ///< nothing more is taken in then
};

/// Who is behind `troupe_daemon`; rpc_plugin implements it. None of them throws.
struct troupe_daemon {
  virtual void log(int level, const char* text) = 0;
  virtual void publish(const char* type, const char* data) = 0;
  virtual troupe_writer* arguments() = 0;
  virtual const troupe::protocols::rpc_value& call(const char* method, int& fault) = 0;

protected:
  ~troupe_daemon() = default;
};

namespace troupe::actors {

const troupe_host& plugin_host();

inline const troupe_value* shown_to_plugin(const protocols::rpc_value& v) {
  return reinterpret_cast<const troupe_value*>(&v);
}

} // namespace troupe::actors
