// What has to hold before a process is started: items of `depends_on`, as written. Plain data, and how the text of one
// is read. Must not know which processes there are (actors/core/dependency_graph does). Source:
// docs/contract/programs.md, 1.1. Cases: tests/config/dependency_options_test.cpp.
#pragma once

#include "config/result.hpp"
#include "config/shared_text.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe::config {

enum class condition : std::uint8_t { started, running, ready, exited, exited_ok };
std::string_view to_string(condition what);

struct depends_item {
  shared_text target;                  ///< GROUP:PROCESS, GROUP:*, a group or a program
  std::optional<condition> what;       ///< unset: ready, or exited_ok of what ends by itself
  std::optional<std::int64_t> count{}; ///< so many of the target's processes; unset: all
  bool soft = false;
  bool operator==(const depends_item&) const = default;
};

struct dependency_options {
  enum class on_failure : std::uint8_t { wait, fail, ignore };
  enum class on_loss : std::uint8_t { keep, stop, restart };
  std::vector<depends_item> items;
  bool soft = false; ///< items without `?` are, too
  on_failure failure = on_failure::wait;
  std::chrono::milliseconds timeout{0}; ///< of a hold; 0: never
  on_loss lost = on_loss::keep;
  bool operator==(const dependency_options&) const = default;
};

/// TARGET[:CONDITION][/COUNT][?]; the error: a sentence of 1.1.
result<depends_item> depends_item_of(std::string_view key, std::string_view text);
/// Comma-separated; nothing where `text` is empty.
result<std::vector<depends_item>> depends_items_of(std::string_view key, std::string_view text);

} // namespace troupe::config
