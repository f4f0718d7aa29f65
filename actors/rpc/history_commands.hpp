// Calls that change something, as the history keeps them: a record when one is asked for, another with what it came to.
// What the audit trail is told comes here. Must not judge anybody. Called under the trail's lock. Source:
// docs/contract/history.md, 7.2. Cases: tests/rpc/history_commands_test.cpp.
#pragma once

#include "actors/io/history.hpp"
#include "protocols/audit_record.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

namespace troupe::actors {

class history_commands {
public:
  explicit history_commands(std::shared_ptr<history_keeper> to) : to_(std::move(to)) {}
  void note(const protocols::audit_record& of);
  std::size_t under_way() const { return begun_.size(); }

  static constexpr std::size_t most_under_way = 1000; ///< of more the outcome stands alone

private:
  struct call {
    std::uint64_t number = 0;
    std::string name;
  };
  std::shared_ptr<history_keeper> to_;
  std::map<std::string, call> begun_; ///< by request, method and target
  std::deque<std::string> order_;
};

} // namespace troupe::actors
