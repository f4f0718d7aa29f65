// See site_check.hpp.
#include "protocols/site_check.hpp"

#include <algorithm>

namespace troupe::protocols {

namespace {

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c + 32);
  return out;
}

bool is_address(std::string_view name) {
  if (name.starts_with('['))
    return true;
  return !name.empty() && name.find_first_not_of("0123456789.") == name.npos; // no top-level domain is a number
}

/// Nobody else can own these: reserved for the local machine or network, or no name of the public DNS at all.
bool is_local_name(std::string_view name) {
  constexpr std::string_view reserved[] = {".localhost", ".local", ".internal", ".home.arpa"};
  return name.find('.') == name.npos ||
         std::any_of(std::begin(reserved), std::end(reserved), [&](auto end) { return name.ends_with(end); });
}

bool listed(std::string_view name, const std::vector<std::string>& allowed) {
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& entry) {
    auto lower = lowered(entry);
    std::string_view end = lower;
    if (end.starts_with("*."))
      end.remove_prefix(1);
    return end == "*" || end == name || (end.starts_with('.') && name.ends_with(end));
  });
}

bool is_browser(const request_marks& m) {
  return m.origin || m.referer || m.sec_fetch_site || m.sec_fetch_mode || m.cookie || m.accept_language ||
         (m.user_agent && m.user_agent->starts_with("Mozilla/"));
}

/// `scheme://host:port/...` of an Origin or Referer; its default port left out, as browsers do in Host. Empty: none.
std::string authority_of(std::string_view url) {
  auto scheme = url.find("://");
  if (scheme == url.npos)
    return {};
  auto rest = url.substr(scheme + 3);
  auto authority = lowered(rest.substr(0, rest.find_first_of("/?#")));
  std::string_view usual = lowered(url.substr(0, scheme)) == "https" ? ":443" : ":80";
  if (authority.ends_with(usual))
    authority.resize(authority.size() - usual.size());
  return authority;
}

/// Does the page come from where the browser sent the request?
bool same_site(std::string_view url, const request_marks& m) {
  auto from = authority_of(url);
  if (from.empty())
    return false;
  auto is = [&](std::string_view host) {
    auto name = lowered(host.substr(0, host.find(','))); // the first proxy's
    for (std::string_view usual : {":443", ":80"})
      if (name.ends_with(usual))
        name.resize(name.size() - usual.size());
    return !name.empty() && name == from;
  };
  return (m.host && is(*m.host)) || (m.forwarded_host && is(*m.forwarded_host));
}

} // namespace

std::string host_name(std::string_view host) {
  auto name = lowered(host);
  auto bracket = name.find(']');
  auto colon = name.find(':', bracket == name.npos ? 0 : bracket);
  name.resize(std::min(colon, name.size()));
  while (name.ends_with('.'))
    name.pop_back();
  return name;
}

bool host_admitted(const request_marks& marks, const host_rules& rules) {
  auto name = host_name(marks.host.value_or(""));
  if (name.empty() || is_address(name) || name == "localhost")
    return true;
  if (!rules.listens_on.empty() && name == lowered(rules.listens_on))
    return true;
  if (!rules.allowed.empty())
    return listed(name, rules.allowed);
  if (rules.is_unix || rules.authenticates || !is_browser(marks))
    return true;
  return is_local_name(name) || name == lowered(rules.machine);
}

sender sender_of(const request_marks& m) {
  if (m.purpose)
    return sender::unknown; // nobody has asked for it yet
  if (m.sec_fetch_site) {   // it knows best, whatever a proxy has made of Host
    auto site = lowered(*m.sec_fetch_site);
    return site == "same-origin" ? sender::own_page : site == "none" ? sender::nobody : sender::another_site;
  }
  if (m.origin)
    return same_site(*m.origin, m) ? sender::own_page : sender::another_site;
  if (m.referer && !m.referer->empty())
    return same_site(*m.referer, m) ? sender::own_page : sender::another_site;
  bool browser = m.cookie || (m.user_agent && m.user_agent->starts_with("Mozilla/"));
  return browser ? sender::unknown : sender::script;
}

bool is_navigation(const request_marks& m) {
  if (m.purpose)
    return false;
  return !m.sec_fetch_mode || lowered(*m.sec_fetch_mode) == "navigate";
}

bool is_embedded(const request_marks& m) { return sender_of(m) == sender::another_site && !is_navigation(m); }

bool same_secret(std::string_view given, std::string_view secret) {
  unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)
    difference |= static_cast<unsigned char>(given[i]) ^
                  static_cast<unsigned char>(secret.empty() ? '\0' : secret[i % secret.size()]);
  return difference == 0;
}

} // namespace troupe::protocols
