// See session_cookie.hpp.
#include "protocols/session_cookie.hpp"

#include <algorithm>

namespace troupe::protocols {

namespace {

std::string with_attributes(std::string text, bool over_tls) {
  text += "; Path=/; HttpOnly; SameSite=Strict";
  return over_tls ? text + "; Secure" : text;
}

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
  return with_attributes(cookie_name(listener, over_tls) + '=' + std::string(id), over_tls);
}

std::string clear_cookie(std::string_view listener, bool over_tls) {
  return set_cookie(listener, over_tls, "") + "; Max-Age=0";
}

std::string page_after_sign_in(std::string_view next) {
  constexpr std::string_view log_page = "tail.html?";
  bool ours = next == "account.html" ||
              (next.starts_with(log_page) && std::all_of(next.begin() + log_page.size(), next.end(), is_plain));
  return ours ? std::string(next) : "index.html";
}

} // namespace troupe::protocols
