// See json_rpc.hpp.
#include "protocols/json_rpc.hpp"

#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <boost/json/serialize.hpp>

#include <cmath>
#include <limits>

namespace troupe::protocols {

namespace json = boost::json;
using config::fault;

bool line_splitter::feed(std::string_view bytes, const std::function<bool(std::string_view line)>& take) {
  for (auto end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
    auto line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (rest_.size() + line.size() > longest_)
      return false;
    if (!rest_.empty())
      line = rest_.append(line);
    if (!line.empty() && line.back() == '\r')
      line.remove_suffix(1);
    bool more = take(line);
    rest_.clear();
    if (!more)
      return false;
  }
  rest_.append(bytes.substr(0, longest_ + 1));
  return rest_.size() <= longest_;
}

namespace {

// -- in ----------------------------------------------------------------------------------------------

/// A program is the administrator's own, yet a mistake of its must not cost the daemon more than a moment.
constexpr json_limits of_a_line{.elements = 500'000, .names_once = false, .large_numbers = true};

config::result<rpc_fault> to_fault(const rpc_value& error) {
  const auto* code = error.member("code");
  const auto* text = error.member("message");
  if (!code || !code->integer() || !text || !text->string())
    return fault("its error has no integer code and no text as message");
  return rpc_fault{*code->integer(), *text->string()};
}

config::result<json_message> to_answer(const rpc_value& from, const rpc_value& id) {
  const auto* value = from.member("result");
  const auto* error = from.member("error");
  if (error && error->nil())
    error = nullptr;
  if (!id.integer())
    return fault("it answers a call that was not made");
  if (!value && !error)
    return fault("it has neither method nor result nor error");
  if (!error)
    return json_message{json_answer{*id.integer(), *value}};
  auto refused = to_fault(*error);
  if (!refused)
    return refused.error();
  return json_message{json_answer{*id.integer(), *std::move(refused)}};
}

// -- out ---------------------------------------------------------------------------------------------

json::string to_text(std::string_view text) {
  if (is_utf8(text))
    return json::string(text.data(), text.size());
  json::string mended;
  while (!text.empty()) {
    auto [size, well_formed, cut] = utf8_sequence(text);
    mended.append(well_formed ? json::string_view(text.data(), size) : json::string_view("\xef\xbf\xbd"));
    text.remove_prefix(size);
  }
  return mended;
}

json::value to_json(const rpc_value& v);

struct converter {
  json::value operator()(std::monostate) const { return nullptr; }
  json::value operator()(bool b) const { return b; }
  json::value operator()(std::int64_t i) const { return i; }
  json::value operator()(double d) const { return std::isfinite(d) ? json::value(d) : json::value(nullptr); }
  json::value operator()(const std::string& s) const { return to_text(s); }
  json::value operator()(const rpc_date& d) const { return to_text(d.text); }
  json::value operator()(const rpc_bytes& b) const { return to_text(base64_encode(b.bytes)); }
  json::value operator()(const rpc_secret&) const { return nullptr; } // is for clients alone
  json::value operator()(const rpc_value::array& items) const {
    json::array array;
    for (const auto& item : items)
      array.push_back(to_json(item));
    return array;
  }
  json::value operator()(const rpc_value::structure& members) const {
    json::object object;
    for (const auto& [key, item] : members) {
      auto name = to_text(key);
      object[json::string_view(name.data(), name.size())] = to_json(item);
    }
    return object;
  }
};

json::value to_json(const rpc_value& v) { return std::visit(converter{}, v.is); }

std::string quoted(std::string_view text) { return json::serialize(json::value(to_text(text))); }

constexpr std::string_view opening = "{\"jsonrpc\":\"2.0\"";

} // namespace

config::result<json_message> parse_message(std::string_view line) {
  auto from = parse_json(line, of_a_line);
  if (!from) {
    auto why = from.error().what;
    constexpr std::string_view again = "not JSON: ";
    if (why.starts_with(again))
      why.erase(0, again.size());
    return fault("it is no JSON: " + why);
  }
  if (!from->members())
    return fault("it is no JSON object");
  const auto* method = from->member("method");
  const auto* params = from->member("params");
  const auto* id = from->member("id");
  if (id && !id->nil() && !method)
    return to_answer(*from, *id);
  if (!method || !method->string())
    return fault("it has no method");
  if (!id || id->nil())
    return json_message{json_note{*method->string(), params ? *params : rpc_value()}};
  if (!id->string() && !id->integer())
    return fault("its id is neither text nor integer");
  if (params && !params->items())
    return fault("the params of its call are no array");
  const auto* serves = from->member("for");
  constexpr std::int64_t no_call = 0;
  auto id_text = id->string() ? quoted(*id->string()) : std::to_string(*id->integer());
  std::optional<std::int64_t> whose;
  if (serves && !serves->nil())
    whose = serves->integer() ? *serves->integer() : no_call;
  return json_message{json_call{id_text, *method->string(), params ? *params->items() : rpc_value::array{}, whose}};
}

std::string call_line(std::int64_t id, std::string_view method, const rpc_value::array& params,
                      const std::optional<json_caller>& by) {
  std::string line(opening);
  line += ",\"id\":" + std::to_string(id) + ",\"method\":" + quoted(method) +
          ",\"params\":" + json::serialize(to_json(params));
  if (by) {
    rpc_value::array roles(by->roles.begin(), by->roles.end());
    line +=
      ",\"caller\":" + json::serialize(to_json(rpc_value::structure{{"user", by->user}, {"roles", std::move(roles)}}));
  }
  line += "}\n";
  return line;
}

std::string note_line(std::string_view method, const rpc_value& params) {
  std::string line(opening);
  line += ",\"method\":" + quoted(method) + ",\"params\":" + json::serialize(to_json(params)) + "}\n";
  return line;
}

std::string answer_line(std::string_view id, const rpc_response& what) {
  std::string line(opening);
  line.append(",\"id\":").append(id);
  if (const auto* refused = std::get_if<rpc_fault>(&what))
    line += ",\"error\":{\"code\":" + std::to_string(refused->code) + ",\"message\":" + quoted(refused->text) + "}}\n";
  else
    line += ",\"result\":" + json::serialize(to_json(std::get<rpc_value>(what))) + "}\n";
  return line;
}

} // namespace troupe::protocols
