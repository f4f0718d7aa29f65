// See audit_chain.hpp.
#include "protocols/audit_chain.hpp"

#include "protocols/json.hpp"

#include <utility>

namespace troupe::protocols {

namespace {

struct link {
  std::uint64_t seq;
  std::string prev;
};

/// nullopt: no line of a trail with a chain. An empty `prev`: of one without.
std::optional<link> link_of(std::string_view line) {
  auto value = parse_json(line);
  const auto* seq = value && value->members() ? value->member("seq") : nullptr;
  if (!seq || !seq->integer() || *seq->integer() < 1)
    return {};
  const auto* prev = value->member("prev");
  if (prev && !prev->string())
    return {};
  return link{static_cast<std::uint64_t>(*seq->integer()), prev ? *prev->string() : std::string()};
}

} // namespace

audit_head no_audit_yet() { return {0, std::string(64, '0')}; }

std::optional<audit_head> audit_head_after(std::string_view line, const hash_function& hash) {
  auto found = link_of(line);
  if (!found)
    return {};
  return audit_head{found->seq, hash ? hex(bytes_of(hash(line))) : no_audit_yet().hash};
}

// -- writing -------------------------------------------------------------------------------------

/// `object` lacks its closing brace.
std::string audit_chain::linked(std::string object) const {
  if (hash_)
    object += ",\"prev\":\"" + head_.hash + '"';
  return object + '}';
}

std::string audit_chain::line(const audit_record& of) const { return linked(audit_json(of, head_.seq + 1)); }

std::string audit_chain::begin(wall_time when) const {
  return linked("{\"seq\":" + std::to_string(head_.seq + 1) + ",\"begin\":\"" + audit_time(when) + '"');
}

void audit_chain::wrote(std::string_view line) {
  ++head_.seq;
  if (hash_)
    head_.hash = hex(bytes_of(hash_(line)));
}

std::string audit_chain::record_of_head(wall_time now) {
  auto hour = std::chrono::floor<std::chrono::hours>(now).time_since_epoch().count();
  if (!hash_ || std::exchange(told_, hour) == hour)
    return {};
  return "audit head " + std::to_string(head_.seq) + ' ' + head_.hash;
}

// -- checking ------------------------------------------------------------------------------------

std::optional<std::string> audit_check::line(std::string_view line) {
  constexpr const char* broken = "the chain is broken";
  auto found = link_of(line);
  if (!found || found->prev.empty())
    return broken;
  bool is_next = found->seq == head_.seq + 1 && found->prev == head_.hash;
  if (count_ != 0 && !is_next) // what the first one follows is in no file
    return broken;
  if (count_++ == 0)
    first_ = found->seq;
  head_ = {found->seq, hex(bytes_of(hash_(line)))};
  return {};
}

std::string audit_check::verdict() const {
  return "OK: " + std::to_string(count_) + " records, seq " + std::to_string(first_) + " to " +
         std::to_string(head_.seq) + ", head " + (count_ == 0 ? no_audit_yet().hash : head_.hash);
}

} // namespace troupe::protocols
