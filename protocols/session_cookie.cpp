// See session_cookie.hpp.
#include "protocols/session_cookie.hpp"

#include <algorithm>

namespace troupe::protocols {

namespace {

/// Of a query as browsers send it; nothing that a header or a page minds.
bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("%&=._~:*+-").find(c) != std::string_view::npos;
}

} // namespace

std::string cookie_name(std::string_view listener, bool over_tls) {
  return (over_tls ? "__Host-troupe_" : "troupe_") + std::string(listener);
}

std::string set_cookie(std::string_view listener, bool over_tls, std::string_view id) {
  constexpr std::string_view attributes = "; Path=/; HttpOnly; SameSite=Strict", of_tls = "; Secure";
  auto name = cookie_name(listener, over_tls);
  std::string text;
  text.reserve(name.size() + 1 + id.size() + attributes.size() + of_tls.size()); // so that the id is in one place only
  ((((text += name) += '=') += id) += attributes) += over_tls ? of_tls : "";
  return text;
}

std::string clear_cookie(std::string_view listener, bool over_tls) {
  return set_cookie(listener, over_tls, "") + "; Max-Age=0";
}

std::string page_after_sign_in(std::string_view next) {
  constexpr std::string_view log_page = "tail.html?";
  bool ours = next == "account.html" || next == "graph.html" ||
              (next.starts_with(log_page) && std::all_of(next.begin() + log_page.size(), next.end(), is_plain));
  return ours ? std::string(next) : "index.html";
}

} // namespace troupe::protocols
