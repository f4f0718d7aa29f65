// See token_book.hpp: its file. A member that is not known is an error: it may say that the token may do less.
#include "protocols/credentials.hpp"
#include "protocols/json.hpp"
#include "protocols/token_book.hpp"

#include <utility>

namespace troupe::protocols {

namespace {

using config::fault;
using config::result;

/// Fills `to` from a member of its line; false: it is of the wrong kind.
bool set(std::string& to, const rpc_value& from) {
  if (const auto* text = from.string())
    to = *text;
  return from.string() != nullptr;
}

bool set(std::int64_t& to, const rpc_value& from) {
  const auto* number = from.integer();
  to = number ? *number : 0;
  return number && *number >= 0;
}

bool set(bool& to, const rpc_value& from) {
  to = from.boolean() && *from.boolean();
  return from.boolean() != nullptr;
}

bool set(std::vector<std::string>& to, const rpc_value& from) {
  if (!from.items())
    return false;
  for (const auto& item : *from.items())
    if (!set(to.emplace_back(), item))
      return false;
  return true;
}

bool set(std::optional<std::vector<std::string>>& to, const rpc_value& from) { return set(to.emplace(), from); }

bool set(digest& to, const rpc_value& from) {
  std::string text;
  if (!set(text, from) || text.size() != to.size() * 2)
    return false;
  auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  for (std::size_t i = 0; i < to.size(); ++i) {
    int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0)
      return false;
    to[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

struct member_row {
  std::string_view name;
  bool (*set)(token_record&, const rpc_value&);
  bool required = true;
};

template <auto Member>
bool set_member(token_record& to, const rpc_value& from) {
  return set(to.*Member, from);
}

// clang-format off: one row each
constexpr member_row members[] = {
  {"id", &set_member<&token_record::id>},
  {"sha256", &set_member<&token_record::hash>},
  {"user", &set_member<&token_record::user>},
  {"roles", &set_member<&token_record::roles>, false},
  {"networks", &set_member<&token_record::networks>, false},
  {"name", &set_member<&token_record::name>, false},
  {"created", &set_member<&token_record::created>},
  {"by", &set_member<&token_record::by>},
  {"expires", &set_member<&token_record::expires>},
  {"used", &set_member<&token_record::used>, false},
  {"revoked", &set_member<&token_record::revoked>, false},
};
// clang-format on

result<token_record> record_of(std::string_view line) {
  auto value = parse_json(line);
  if (!value)
    return value.error();
  if (!value->members())
    return fault("not a token");
  token_record made;
  for (const auto& [name, unused] : *value->members()) {
    bool known = false;
    for (const auto& row : members)
      known = known || row.name == name;
    if (!known)
      return fault("a token has no " + name);
  }
  for (const auto& row : members) {
    const auto* member = value->member(row.name);
    if (!member && row.required)
      return fault("a token needs " + std::string(row.name));
    if (member && !row.set(made, *member))
      return fault(std::string(row.name) + " of a token is something else");
  }
  if (!token_of(std::string(token_text::prefix) + made.id + std::string(token_text::secret_size, '0')))
    return fault("id of a token is something else");
  return made;
}

void write_texts(json_writer& out, std::string_view name, const std::vector<std::string>& texts) {
  out.name(name);
  out.begin_array();
  for (const auto& text : texts)
    out.value(text);
  out.end_array();
}

} // namespace

config::result<void> token_book::read(std::string_view text, std::int64_t now) {
  entries all;
  for (int line = 1; !text.empty(); ++line) {
    auto end = std::min(text.find('\n'), text.size());
    auto record = record_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    auto at_line = [&](std::string what) { return config::error{{"", line}, std::move(what)}; };
    if (!record)
      return at_line(record.error().what);
    entry added{*std::move(record), {}};
    for (const auto& network : added.what.networks) {
      auto parsed = config::network_of(network);
      if (!parsed)
        return at_line(parsed.error().what);
      added.from.push_back(*parsed);
    }
    auto id = added.what.id;
    if (all.contains(id))
      return at_line("the token " + id + " is there twice");
    if (all.size() >= 2 * most)
      return at_line("there are too many tokens");
    all.emplace(std::move(id), std::move(added));
  }
  tokens_ = std::move(all);
  sweep(now);
  unsaved_ = false;
  return {};
}

std::string token_book::text(std::int64_t now) const {
  std::string lines;
  json_writer out{lines};
  for (const auto& [id, token] : tokens_) {
    const auto& what = token.what;
    if (now >= what.expires)
      continue;
    out.begin_object();
    out.member("id", what.id);
    out.member("sha256", hex(bytes_of(what.hash)));
    out.member("user", what.user);
    if (what.roles)
      write_texts(out, "roles", *what.roles);
    if (!what.networks.empty())
      write_texts(out, "networks", what.networks);
    if (!what.name.empty())
      out.member("name", what.name);
    out.member("created", what.created);
    out.member("by", what.by);
    out.member("expires", what.expires);
    if (what.used != 0)
      out.member("used", what.used);
    if (what.revoked)
      out.member("revoked", true);
    out.end_object();
    lines += '\n';
  }
  return lines;
}

} // namespace troupe::protocols
