// The reading half of xmlrpc.hpp, for all that may come: what xmlrpc_quick does not know by sight. pugixml parses
// without recursion and expands nothing but character references; what it is too lenient about, xml_scan refuses
// before. Must not write.
#include "protocols/xmlrpc.hpp"

#include "platform/wipe.hpp"
#include "protocols/xml_scan.hpp"
#include "protocols/xmlrpc_quick.hpp"
#include "protocols/xmlrpc_scalar.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <optional>

namespace troupe::protocols {

namespace {

using pugi::xml_node;

constexpr unsigned keep_text = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_fragment;

xml_node first_element(xml_node parent) {
  return parent.find_child([](xml_node n) { return n.type() == pugi::node_element; });
}

xml_node next_element(xml_node n) {
  do
    n = n.next_sibling();
  while (n && n.type() != pugi::node_element);
  return n;
}

bool named(xml_node n, std::string_view name) { return n.name() == name; }

std::string text_of(xml_node n) {
  std::string text;
  for (auto child : n)
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
      text += child.value();
  return text;
}

// -- values ------------------------------------------------------------------------------------------

class decoder {
public:
  decoder(int depth, bool strict) : depth_(depth), strict_(strict) {}

  /// Of a <value>, or of anything that stands where one should.
  bool element(xml_node n, rpc_value& value) {
    if (!named(n, "value"))
      return typed(n, value);
    auto child = first_element(n);
    if (child)
      return typed(child, value);
    value = text_of(n);
    return true;
  }

private:
  bool typed(xml_node n, rpc_value& value) {
    std::string_view type = n.name();
    if (type == "value")
      return nested(n, value, &decoder::value_in_value);
    if (type == "array")
      return nested(n, value, &decoder::array);
    if (type == "struct")
      return nested(n, value, &decoder::structure);
    return decode_scalar(type, text_of(n), strict_, value);
  }

  bool nested(xml_node n, rpc_value& value, bool (decoder::*decode)(xml_node, rpc_value&)) {
    if (depth_ == 0)
      return false;
    --depth_;
    bool done = (this->*decode)(n, value);
    ++depth_;
    return done;
  }

  bool value_in_value(xml_node n, rpc_value& value) { return element(n, value); }

  bool array(xml_node n, rpc_value& value) {
    auto data = n.child("data");
    if (!data)
      return false;
    rpc_value::array items;
    for (auto child = first_element(data); child; child = next_element(child))
      if (!element(child, items.emplace_back()))
        return false;
    value = std::move(items);
    return true;
  }

  bool structure(xml_node n, rpc_value& value) {
    rpc_value::structure members;
    for (auto member = first_element(n); member; member = next_element(member)) {
      auto key = first_element(member);
      auto content = next_element(key);
      if (!named(member, "member") || !named(key, "name") || !content)
        return false;
      members.emplace_back(text_of(key), rpc_value());
      if (!element(content, members.back().second))
        return false;
    }
    value = std::move(members);
    return true;
  }

  int depth_;
  bool strict_;
};

/// The only element of a document, if nothing but blanks stands beside it.
xml_node only_root(const pugi::xml_document& document) {
  xml_node root;
  for (auto n : document) {
    if (n.type() == pugi::node_element ? bool(root) : !strip_blanks(n.value()).empty())
      return {};
    if (n.type() == pugi::node_element)
      root = n;
  }
  return root;
}

/// The next element in document order, without recursion.
xml_node following(xml_node n, xml_node root) {
  if (auto child = first_element(n))
    return child;
  while (n && n != root) {
    if (auto next = next_element(n))
      return next;
    n = n.parent();
  }
  return {};
}

bool decode_params(xml_node params, decoder& decode, rpc_value::array& out) {
  for (auto p = first_element(params); p; p = next_element(p)) {
    auto content = named(p, "param") ? first_element(p) : p;
    if (!content || !decode.element(content, out.emplace_back()))
      return false;
  }
  return true;
}

/// ` line L, column C` of a byte offset, as expat counts.
std::string at_offset(std::string_view text, std::size_t offset) {
  auto before = text.substr(0, offset);
  auto line = std::count(before.begin(), before.end(), '\n') + 1;
  auto start = before.rfind('\n');
  auto column = start == std::string_view::npos ? before.size() : before.size() - start - 1;
  return ": line " + std::to_string(line) + ", column " + std::to_string(column);
}

} // namespace

const rpc_value* rpc_value::member(std::string_view name) const {
  const rpc_value* found = nullptr;
  if (auto all = members())
    for (const auto& [key, value] : *all)
      if (key == name)
        found = &value;
  return found;
}

std::size_t memory_of(const rpc_value& value) {
  auto of_text = [](const std::string& s) { return s.capacity() > 15 ? s.capacity() + 17 : 0; };
  auto bytes = sizeof value;
  if (const auto* text = value.string())
    return bytes + of_text(*text);
  if (const auto* items = value.items()) {
    bytes += (items->capacity() - items->size()) * sizeof value;
    for (const auto& item : *items)
      bytes += memory_of(item);
  } else if (const auto* members = value.members()) {
    bytes += members->capacity() * sizeof *members->data() - members->size() * sizeof value;
    for (const auto& [key, item] : *members)
      bytes += of_text(key) + memory_of(item);
  }
  return bytes;
}

bool holds_secret(const rpc_value& value) {
  auto is_one = [](const rpc_value& v) { return std::holds_alternative<rpc_secret>(v.is); };
  const auto* members = value.members();
  return is_one(value) || (members && std::any_of(members->begin(), members->end(),
                                                  [&](const auto& member) { return is_one(member.second); }));
}

config::result<rpc_call> parse_call(std::string_view text, const rpc_limits& limits) {
  if (text.size() > limits.bytes)
    return config::fault("the request is too long");
  if (auto call = quick_call(text, limits.depth))
    return *std::move(call);
  if (auto fault = xml_fault(text, {.depth = 16 + 4 * limits.depth, .markup = limits.markup}))
    return config::fault(fault);
  struct passing { // pugixml's own copy would stay in memory, whatever somebody has sent
    ~passing() { platform::drop(text); }
    std::string text;
  } copy{std::string(text)};
  pugi::xml_document document;
  auto parsed =
    document.load_buffer_inplace(copy.text.data(), copy.text.size() + 1, // with the zero, as in its own copy
                                 keep_text | pugi::parse_ws_pcdata | pugi::parse_eol, pugi::encoding_utf8);
  if (!parsed)
    return config::fault(parsed.description());
  auto root = only_root(document);
  if (!root)
    return config::fault("no single root element");
  rpc_call call;
  xml_node params;
  for (auto n = root; n; n = following(n, root)) {
    if (named(n, "methodName"))
      call.method = text_of(n);
    else if (named(n, "params"))
      params = n;
  }
  if (call.method.empty())
    return config::fault("no methodName");
  decoder decode(limits.depth, true);
  if (!decode_params(params, decode, call.params))
    return config::fault("a parameter cannot be decoded");
  return call;
}

config::result<rpc_response> parse_response(std::string text, const rpc_limits& limits) {
  if (auto result = quick_result(text, limits.depth))
    return rpc_response(*std::move(result));
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return config::fault("no element found" + at_offset(text, text.size()));
  auto start = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (start == std::string::npos || text[start] != '<')
    return config::fault("syntax error" + at_offset(text, start == std::string::npos ? 0 : start));
  std::replace(text.begin(), text.end(), '\0', '?'); // pugixml would take it for the end
  pugi::xml_document document;
  // in place, and without nodes for the blanks between tags: answers are long
  auto parsed = document.load_buffer_inplace(text.data(), text.size(), keep_text | pugi::parse_ws_pcdata_single,
                                             pugi::encoding_utf8);
  if (!parsed) {
    bool ended =
      parsed.offset >= static_cast<std::ptrdiff_t>(text.size()) || parsed.status == pugi::status_end_element_mismatch;
    auto offset = ended ? text.size() : static_cast<std::size_t>(parsed.offset);
    return config::fault((ended ? "no element found" : "not well-formed (invalid token)") + at_offset(text, offset));
  }
  auto root = document.document_element();
  decoder decode(limits.depth, false);
  rpc_value value;
  if (auto fault = first_element(root.child("fault"))) {
    if (!decode.element(fault, value))
      return config::fault("a fault cannot be decoded");
    auto code = value.member("faultCode");
    auto said = value.member("faultString");
    if (!code || !code->integer() || !said || !said->string())
      return config::fault("a fault cannot be decoded");
    return rpc_response(rpc_fault{*code->integer(), *said->string()});
  }
  rpc_value::array results;
  if (!decode_params(root.child("params"), decode, results) || results.size() != 1)
    return config::fault("no result found");
  return rpc_response(std::move(results.front()));
}

rpc_item_reader::rpc_item_reader(on_item tell, const rpc_limits& limits)
    : tell_(tell), limits_(limits), quick_(std::make_unique<quick_items>(limits.depth, std::move(tell))) {}

rpc_item_reader::~rpc_item_reader() = default;

void rpc_item_reader::look(std::string_view so_far) { quick_->look(so_far); }

config::result<std::variant<std::size_t, rpc_fault>> rpc_item_reader::finish(std::string text) {
  using outcome = std::variant<std::size_t, rpc_fault>;
  if (auto count = quick_->all(text))
    return outcome(*count);
  auto response = parse_response(std::move(text), limits_);
  if (!response)
    return response.error();
  if (auto fault = std::get_if<rpc_fault>(&*response))
    return outcome(std::move(*fault));
  std::size_t count = 0;
  if (auto items = std::get_if<rpc_value::array>(&std::get<rpc_value>(*response).is))
    for (auto& item : *items)
      tell_(count++, item);
  return outcome(count);
}

} // namespace troupe::protocols
