// See stdout_lines.hpp.
#include "protocols/stdout_lines.hpp"

namespace troupe::protocols {

namespace {

/// `key:value key:value`, as in the first line of an event's body.
std::string_view value_of(std::string_view line, std::string_view key) {
  while (!line.empty()) {
    auto word = line.substr(0, line.find(' '));
    if (word.starts_with(key) && word.substr(key.size()).starts_with(':'))
      return word.substr(key.size() + 1);
    line.remove_prefix(word.size() == line.size() ? word.size() : word.size() + 1);
  }
  return {};
}

std::string prefix_of(std::string_view process, std::string_view channel) {
  return std::string(process) + ' ' + std::string(channel) + " | ";
}

/// The whole lines at the start of `text` with `prefix` before each; they are taken off it.
std::string take_lines(std::string_view& text, std::string_view prefix) {
  std::string out;
  for (auto end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    (out += prefix) += text.substr(0, end + 1);
    text.remove_prefix(end + 1);
  }
  return out;
}

} // namespace

std::string stdout_lines::add(std::string_view event_name, std::string_view body) {
  auto head = body.substr(0, body.find('\n'));
  auto process = value_of(head, "processname");
  auto name = std::string(value_of(head, "groupname")) + ':' + std::string(process) + ' ';
  if (event_name == "PROCESS_STATE_EXITED" || event_name == "PROCESS_STATE_STOPPED")
    return end(name + "stdout", prefix_of(process, "stdout")) + end(name + "stderr", prefix_of(process, "stderr"));
  if (!event_name.starts_with("PROCESS_LOG") || head.size() == body.size())
    return {};
  auto channel = value_of(head, "channel");
  auto prefix = prefix_of(process, channel);
  auto pid = value_of(head, "pid");
  auto key = name + std::string(channel);
  std::string out;
  if (auto found = begun_.find(key); found != begun_.end() && found->second.pid != pid)
    out = end(key, prefix); // the last words of the process before this one
  auto& begun = begun_[key];
  begun.pid = pid;
  begun.text += body.substr(head.size() + 1);
  std::string_view rest = begun.text;
  out += take_lines(rest, prefix);
  for (; rest.size() >= longest; rest.remove_prefix(longest))
    ((out += prefix) += rest.substr(0, longest)) += '\n';
  if (rest.empty())
    begun_.erase(key);
  else
    begun.text.erase(0, begun.text.size() - rest.size());
  return out;
}

std::string stdout_lines::cut() {
  std::string out;
  for (const auto& [key, begun] : begun_)
    ((out += key.substr(key.find(':') + 1)) += " | ") += begun.text + '\n';
  begun_.clear();
  return out;
}

std::string stdout_lines::end(const std::string& key, std::string_view prefix) {
  auto found = begun_.find(key);
  if (found == begun_.end())
    return {};
  auto line = std::string(prefix) + found->second.text + '\n';
  begun_.erase(found);
  return line;
}

std::string stdout_text(std::string_view result) {
  auto head = result.substr(0, result.find('\n'));
  bool is_body = head.size() < result.size() && head.starts_with("processname:") && !value_of(head, "channel").empty();
  std::string text(is_body ? result.substr(head.size() + 1) : result);
  if (!text.empty() && !text.ends_with('\n'))
    text += '\n';
  if (!is_body)
    return text;
  std::string_view rest = text;
  return take_lines(rest, prefix_of(value_of(head, "processname"), value_of(head, "channel")));
}

} // namespace troupe::protocols
