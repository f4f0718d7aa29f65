// upgrade: another binary of the daemon in the place of the one that runs. Must not judge it: the daemon does.
// Source: docs/contract/survival.md, 6.1.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"

#include <optional>
#include <string>
#include <utility>

namespace troupe::ctl {

namespace {

using protocols::rpc_fault;
using protocols::rpc_value;

struct wish {
  rpc_value::structure how;
  bool only_check = false;
};

/// Nothing: that is no way to ask.
std::optional<wish> parse(const std::vector<std::string>& words) {
  wish found;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (word == "--check") {
      found.only_check = true;
    } else if (word == "--binary" && i + 1 < words.size()) {
      found.how.emplace_back("binary", rpc_value{words[++i]});
    } else if (word.starts_with("--binary=") && word.size() > std::string_view("--binary=").size()) {
      found.how.emplace_back("binary", rpc_value{word.substr(word.find('=') + 1)});
    } else {
      return {};
    }
  }
  if (found.only_check)
    found.how.emplace_back("check", rpc_value{true});
  return found;
}

std::string text_of(const rpc_value& in, std::string_view key) {
  auto value = in.member(key);
  return value && value->string() ? *value->string() : std::string();
}

std::int64_t number_of(const rpc_value& in, std::string_view key) {
  auto value = in.member(key);
  return value && value->integer() ? *value->integer() : 0;
}

std::string counted(std::int64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

std::string sentence(const rpc_value& came, bool only_check) {
  auto from = text_of(came, "from");
  auto to = text_of(came, "to");
  if (only_check)
    return "supervisord: can be upgraded from " + from + " to " + to;
  return "supervisord: upgraded " + (from == to ? "to the same version " + to : from + " to " + to) + " in " +
         std::to_string(number_of(came, "ms")) + " ms (pid " + std::to_string(number_of(came, "pid")) + ", " +
         counted(number_of(came, "processes"), "process", "processes") + ", " +
         counted(number_of(came, "clients"), "client", "clients") + " kept)";
}

} // namespace

void do_upgrade(session& s, const std::string& arguments) {
  auto words = split_words(arguments);
  takes_json(s, words);
  auto wanted = parse(words);
  if (!wanted)
    return usage_error(s, "upgrade", "upgrade takes --binary PATH, --check and --json");
  auto response = s.call("troupe.upgrade", {rpc_value{wanted->how}});
  auto fault = std::get_if<rpc_fault>(&response);
  if (!fault) {
    const auto& came = std::get<rpc_value>(response);
    return s.chosen().json ? s.document(came) : s.out(sentence(came, wanted->only_check));
  }
  if (fault->code == fault_code::unknown_method) {
    s.complain("ERROR: this needs Troupe's supervisord");
    return s.fail(exit_status::unimplemented);
  }
  if (fault->code != fault_code::failed && fault->code != fault_code::incorrect_parameters)
    throw to_trouble(*fault);
  auto text = fault->text;
  text.erase(0, text.find(": ") == text.npos ? 0 : text.find(": ") + 2);
  if (fault->code == fault_code::incorrect_parameters)
    text = (wanted->only_check ? "cannot be upgraded: " : "not upgraded: ") + text;
  s.complain("supervisord: ERROR (" + text + ")");
  s.fail(exit_status::generic);
}

} // namespace troupe::ctl
