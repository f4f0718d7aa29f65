// What is remembered of processes beside their records, by name: who is disabled, and until when; who was wanted last;
// and, for others, how many processes a program was scaled to and when its schedule ran last. A value, with its text
// (JSON) as the state file has it. Must not read a clock or a file, nor know which processes there are. Source:
// docs/contract/programs.md, 11. Cases: tests/core/enablement_test.cpp.
#pragma once

#include "config/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

/// Names are `group:process`, or `name` where both are the same; of scales and last_runs those of programs.
struct enablement {
  template <class Value>
  using by_name = std::map<std::string, Value, std::less<>>;

  by_name<std::int64_t> disabled;  ///< until when: seconds since the epoch; 0: until somebody enables it
  by_name<bool> wanted;            ///< by autostart or an operator's start; false: unwanted by an operator's stop
  by_name<std::int64_t> scales;    ///< processes
  by_name<std::int64_t> numprocs;  ///< of the same programs, what the file says, else the scale does not count
  by_name<std::int64_t> last_runs; ///< seconds since the epoch
  by_name<std::string> others;     ///< what else the file has, as JSON: of another version, that may come back

  bool operator==(const enablement&) const = default;
  std::size_t size() const {
    return disabled.size() + wanted.size() + scales.size() + numprocs.size() + last_runs.size() + others.size();
  }
};

/// So many names that nobody has are kept, of each kind.
constexpr std::size_t most_unknown_names = 10'000;

/// As it is written. Read again it is the same.
std::string state_text(const enablement& what);
/// Errors say why, in a few words. Whatever is beyond the names that are known is cut off later (forget_unknown).
config::result<enablement> read_state(std::string_view text);

/// What of `more` is not known here.
void add_unknown(enablement& to, enablement more);
/// Of the names that nobody has the first ones stay, in the order of names. True: some are gone.
bool forget_unknown(enablement& from, const std::function<bool(std::string_view)>& is_known,
                    std::size_t most = most_unknown_names);

/// Who is enabled by now; they are taken out.
std::vector<std::string> take_over_by(enablement& from, std::int64_t now);
/// When the next one is; nothing: nobody ever.
std::optional<std::int64_t> next_end(const enablement& of);

} // namespace troupe::actors
