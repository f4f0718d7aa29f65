// How the methods read the parameters of a call: what counts as true, as a number, as text, as a process.
// Must not hold a method. Source: docs/contract/http.md, 4.1.
#include "actors/rpc/rpc_handlers.hpp"

#include "config/datatypes.hpp"

#include <charconv>
#include <cmath>
#include <string>
#include <variant>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_value;

bool truth(const rpc_value::array& params, std::size_t i) {
  if (i >= params.size())
    return true;
  struct judge {
    bool operator()(std::monostate) const { return false; }
    bool operator()(bool v) const { return v; }
    bool operator()(std::int64_t v) const { return v != 0; }
    bool operator()(double v) const { return v != 0; }
    bool operator()(const std::string& v) const { return !v.empty(); }
    bool operator()(const protocols::rpc_date&) const { return true; }
    bool operator()(const protocols::rpc_bytes& v) const { return !v.bytes.empty(); }
    bool operator()(const protocols::rpc_secret& v) const { return !v.text.empty(); }
    bool operator()(const rpc_value::array& v) const { return !v.empty(); }
    bool operator()(const rpc_value::structure& v) const { return !v.empty(); }
  };
  return std::visit(judge{}, params[i].is);
}

std::optional<std::int64_t> number(const rpc_value& value) {
  if (const auto* i = value.integer())
    return *i;
  if (const auto* b = value.boolean())
    return *b ? 1 : 0;
  if (const auto* d = value.real(); d && std::abs(*d) < 9e18)
    return static_cast<std::int64_t>(*d);
  std::int64_t parsed = 0;
  if (const auto* s = value.string(); s && protocols::parse_integer(*s, parsed))
    return parsed;
  return {};
}

std::optional<std::string> scalar_text(const rpc_value& value) {
  if (const auto* s = value.string())
    return *s;
  if (const auto* b = value.boolean())
    return *b ? "True" : "False";
  if (const auto* i = value.integer())
    return std::to_string(*i);
  if (const auto* date = std::get_if<protocols::rpc_date>(&value.is))
    return date->text;
  if (const auto* d = value.real()) {
    char digits[40];
    auto end = std::to_chars(digits, digits + sizeof digits, *d).ptr;
    std::string text(digits, end);
    return text.find_first_not_of("-0123456789") == text.npos ? text + ".0" : text;
  }
  return {};
}

process_status_ptr named(const call_context& c, std::size_t i, rpc_fault& problem) {
  const auto* name = c.params[i].string();
  if (!name) {
    problem = wrong_parameters();
    return nullptr;
  }
  auto [group, process] = split_name(*name);
  auto found = process ? c.board.find(group, *process) : nullptr;
  if (!found)
    problem = make_fault(fault::bad_name, *name);
  if (found && c.board.may(c.row.opens.needs, *found->who) != protocols::verdict::allow) {
    problem = c.who.refused(c.row.opens.needs, *name);
    return nullptr;
  }
  return found;
}

} // namespace troupe::actors
