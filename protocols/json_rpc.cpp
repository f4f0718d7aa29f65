// See json_rpc.hpp.
#include "protocols/json_rpc.hpp"

#include "protocols/utf8.hpp"

#include <boost/json/parse.hpp>
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

rpc_value to_value(const json::value& v) {
  switch (v.kind()) {
  case json::kind::null:
    return {};
  case json::kind::bool_:
    return v.get_bool();
  case json::kind::int64:
    return std::int64_t{v.get_int64()};
  case json::kind::uint64: // too large for an integer
    return static_cast<double>(v.get_uint64());
  case json::kind::double_:
    return v.get_double();
  case json::kind::string:
    return std::string(v.get_string().data(), v.get_string().size());
  case json::kind::array: {
    rpc_value::array items;
    for (const auto& item : v.get_array())
      items.push_back(to_value(item));
    return items;
  }
  case json::kind::object: {
    rpc_value::structure members;
    for (const auto& [key, item] : v.get_object())
      members.emplace_back(std::string(key.data(), key.size()), to_value(item));
    return members;
  }
  }
  return {};
}

config::result<rpc_fault> to_fault(const json::value& v) {
  const auto* error = v.if_object();
  const auto* code = error ? error->if_contains("code") : nullptr;
  const auto* text = error ? error->if_contains("message") : nullptr;
  if (!code || !code->is_int64() || !text || !text->is_string())
    return fault("its error has no integer code and no text as message");
  return rpc_fault{code->get_int64(), std::string(text->get_string().data(), text->get_string().size())};
}

config::result<json_message> to_answer(const json::object& from, const json::value& id) {
  const auto* value = from.if_contains("result");
  const auto* error = from.if_contains("error");
  if (error && error->is_null())
    error = nullptr;
  if (!id.is_int64())
    return fault("it answers a call that was not made");
  if (!value && !error)
    return fault("it has neither method nor result nor error");
  if (!error)
    return json_message{json_answer{id.get_int64(), to_value(*value)}};
  auto refused = to_fault(*error);
  if (!refused)
    return refused.error();
  return json_message{json_answer{id.get_int64(), *std::move(refused)}};
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
  json::error_code failed;
  auto document = json::parse(json::string_view(line.data(), line.size()), failed);
  const auto* from = failed ? nullptr : document.if_object();
  if (failed)
    return fault("it is no JSON: " + failed.message());
  if (!from)
    return fault("it is no JSON object");
  const auto* method = from->if_contains("method");
  const auto* params = from->if_contains("params");
  const auto* id = from->if_contains("id");
  if (id && !id->is_null() && !method)
    return to_answer(*from, *id);
  if (!method || !method->is_string())
    return fault("it has no method");
  std::string name(method->get_string().data(), method->get_string().size());
  if (!id || id->is_null())
    return json_message{json_note{std::move(name), params ? to_value(*params) : rpc_value()}};
  if (!id->is_string() && !id->is_int64() && !id->is_uint64())
    return fault("its id is neither text nor integer");
  if (params && !params->is_array())
    return fault("the params of its call are no array");
  rpc_value::array list;
  if (params)
    for (const auto& item : params->get_array())
      list.push_back(to_value(item));
  return json_message{json_call{json::serialize(*id), std::move(name), std::move(list)}};
}

std::string call_line(std::int64_t id, std::string_view method, const rpc_value::array& params) {
  std::string line(opening);
  line += ",\"id\":" + std::to_string(id) + ",\"method\":" + quoted(method) +
          ",\"params\":" + json::serialize(to_json(params)) + "}\n";
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
