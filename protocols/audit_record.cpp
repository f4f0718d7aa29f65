// See audit_record.hpp.
#include "protocols/audit_record.hpp"

#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::protocols {

namespace {

constexpr std::array<std::string_view, 7> outcomes = {"begun",  "done",   "partly", "failed",
                                                      "denied", "hidden", "refused"};

/// Control characters of ISO 6429 as UTF-8 has them, and the ends of lines and paragraphs of Unicode: some terminals
/// and viewers act on them.
bool acts(std::string_view character) {
  return (character.size() == 2 && character[0] == '\xc2' && static_cast<unsigned char>(character[1]) < 0xa0) ||
         character == "\u2028" || character == "\u2029";
}

/// They stand in strings only, where JSON lets them be as they are.
std::string escaped(std::string text) {
  constexpr std::string_view digits = "0123456789abcdef";
  auto is_plain = [](unsigned char c) { return c < 0x7f; };
  if (std::all_of(text.begin(), text.end(), is_plain))
    return text;
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    auto character = rest.substr(0, utf8_sequence(rest).size);
    rest.remove_prefix(character.size());
    if (!acts(character) && character != "\x7f") {
      out += character;
      continue;
    }
    unsigned code = character.size() == 1   ? 0x7f
                    : character.size() == 2 ? static_cast<unsigned char>(character[1])
                                            : 0x2000U | (static_cast<unsigned char>(character[2]) & 0x3f);
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
      out += digits[code >> shift & 15];
  }
  return out;
}

void member(json_writer& out, std::string_view name, const std::string& text) {
  if (!text.empty())
    out.member(name, text);
}

} // namespace

std::string_view word_of(audit_record::outcome came) { return outcomes[static_cast<std::size_t>(came)]; }

std::string audit_time(wall_time when) { return time_stamp("rfc3339").at(when); }

std::string one_word(std::string_view from_client) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string word;
  while (!from_client.empty()) {
    auto next = utf8_sequence(from_client);
    auto character = from_client.substr(0, next.size);
    from_client.remove_prefix(next.size);
    bool shows = character.size() > 1 ? !acts(character) : character[0] > ' ' && character[0] < '\x7f';
    if (next.well_formed && shows && character != "\\") {
      word += character;
      continue;
    }
    for (unsigned char byte : character) {
      word += "\\x";
      word += digits[byte >> 4];
      word += digits[byte & 15];
    }
  }
  return word;
}

std::string audit_json(const audit_record& of, std::uint64_t seq) {
  std::string text;
  json_writer out{text};
  out.begin_object();
  out.member("time", audit_time(of.time));
  out.member("seq", seq);
  member(out, "id", of.id);
  member(out, "user", of.user);
  member(out, "how", of.how);
  member(out, "token", of.token);
  member(out, "from", of.from);
  member(out, "via", of.via);
  member(out, "server", of.server);
  if (of.peer) {
    out.name("peer");
    out.begin_object();
    out.member("uid", std::uint64_t{of.peer->uid});
    out.member("gid", std::uint64_t{of.peer->gid});
    out.member("pid", of.peer->pid);
    out.end_object();
  }
  member(out, "verb", of.verb);
  member(out, "target", of.target);
  if (!of.names.empty()) {
    auto told = std::min(of.names.size(), audit_record::most_names);
    out.name("names");
    out.begin_array();
    for (std::size_t i = 0; i < told; ++i)
      out.value(of.names[i]);
    out.end_array();
    if (told < of.names.size())
      out.member("more", std::uint64_t{of.names.size() - told});
  }
  member(out, "call", of.call);
  if (of.bytes)
    out.member("bytes", std::uint64_t{*of.bytes});
  out.member("outcome", word_of(of.came));
  if (of.fault)
    out.member("fault", *of.fault);
  if (of.ms)
    out.member("ms", *of.ms);
  if (of.suppressed != 0)
    out.member("suppressed", of.suppressed);
  return escaped(std::move(text));
}

std::string audit_text(const audit_record& of) {
  auto text = (of.id.empty() ? "" : one_word(of.id) + ' ') + one_word(of.user);
  if (!of.how.empty())
    text += " (" + of.how + (of.token.empty() ? "" : ' ' + one_word(of.token)) + ')';
  if (!of.from.empty())
    text += " from " + one_word(of.from);
  if (!of.via.empty())
    text += " via " + one_word(of.via);
  for (const auto* word : {&of.verb, &of.target})
    if (!word->empty())
      text += ' ' + one_word(*word);
  (text += ' ') += word_of(of.came);
  if (of.fault)
    text += " (fault " + std::to_string(*of.fault) + ')';
  if (of.suppressed != 0)
    text += ", " + std::to_string(of.suppressed) + " more like it";
  return text;
}

} // namespace troupe::protocols
