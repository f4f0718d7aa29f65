// The reading half of json.hpp: Boost.JSON's parser tells what it meets, and the values are built of that on the spot,
// counted as they come: what is too much is refused before it is there. Must not build a tree besides the one that is
// asked for.
#include "protocols/json.hpp"

#include "config/text.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <optional>

namespace troupe::protocols {

namespace {

namespace json = boost::json;
using json::error_code;
using json::string_view;

/// What Boost.JSON's parser calls as it goes. False, with `failed` set: no further.
struct builder {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  explicit builder(const json_limits& l) : limits(l) {}

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) {
    open.emplace_back(rpc_value::array{});
    return true;
  }
  bool on_array_end(std::size_t, error_code& failed) { return close(failed); }
  bool on_object_begin(error_code&) {
    open.emplace_back(rpc_value::structure{});
    return true;
  }
  bool on_object_end(std::size_t, error_code& failed) {
    if (limits.names_once)
      if (auto twice = repeated(*open.back().members()))
        return stop(failed, "the name " + config::quoted(*twice) + " occurs twice in one object");
    return close(failed);
  }
  bool on_key_part(string_view part, std::size_t, error_code&) { return collect(part); }
  bool on_key(string_view part, std::size_t, error_code& failed) {
    collect(part);
    names.push_back(std::exchange(text, {}));
    return count(failed);
  }
  bool on_string_part(string_view part, std::size_t, error_code&) { return collect(part); }
  bool on_string(string_view part, std::size_t, error_code& failed) {
    collect(part);
    return put(std::exchange(text, {}), failed);
  }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, string_view, error_code& failed) { return put(number, failed); }
  bool on_uint64(std::uint64_t number, string_view, error_code& failed) {
    if (!limits.large_numbers)
      return stop(failed, "the number " + std::to_string(number) + " is too large");
    return put(static_cast<double>(number), failed);
  }
  bool on_double(double number, string_view, error_code& failed) { return put(number, failed); }
  bool on_bool(bool value, error_code& failed) { return put(value, failed); }
  bool on_null(error_code& failed) { return put({}, failed); }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

  bool collect(string_view part) {
    text.append(part.data(), part.size());
    return true;
  }

  bool close(error_code& failed) {
    auto whole = std::move(open.back());
    open.pop_back();
    return put(std::move(whole), failed);
  }

  bool put(rpc_value value, error_code& failed) {
    if (open.empty()) {
      root = std::move(value);
    } else if (auto* items = std::get_if<rpc_value::array>(&open.back().is)) {
      items->push_back(std::move(value));
    } else {
      std::get<rpc_value::structure>(open.back().is).emplace_back(std::move(names.back()), std::move(value));
      names.pop_back();
    }
    return count(failed);
  }

  bool count(error_code& failed) {
    return ++elements <= limits.elements ||
           stop(failed, "more than " + std::to_string(limits.elements) + " values and names");
  }

  bool stop(error_code& failed, std::string why) {
    problem = std::move(why);
    failed = json::error::syntax;
    return false;
  }

  static std::optional<std::string> repeated(const rpc_value::structure& members) {
    std::vector<std::string_view> sorted;
    sorted.reserve(members.size());
    for (const auto& member : members)
      sorted.emplace_back(member.first);
    std::sort(sorted.begin(), sorted.end());
    auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    return twice == sorted.end() ? std::nullopt : std::optional(std::string(*twice));
  }

  const json_limits& limits;
  std::size_t elements = 0;
  std::string problem;            ///< ours, not the parser's
  std::string text;               ///< of a string or a name whose end has not come yet
  std::vector<rpc_value> open;    ///< arrays and objects around what comes next
  std::vector<std::string> names; ///< whose value has not come yet
  rpc_value root;
};

} // namespace

config::result<rpc_value> parse_json(std::string_view text, const json_limits& limits) {
  json::parse_options options;
  options.max_depth = static_cast<std::size_t>(limits.depth);
  json::basic_parser<builder> parser{options, limits};
  error_code failed;
  auto taken = parser.write_some(false, text.data(), text.size(), failed);
  auto& built = parser.handler();
  if (!built.problem.empty())
    return config::fault(built.problem);
  if (!failed && taken < text.size())
    failed = json::error::extra_data;
  if (failed)
    return config::fault("not JSON: " + failed.message());
  return std::move(built.root);
}

} // namespace troupe::protocols
